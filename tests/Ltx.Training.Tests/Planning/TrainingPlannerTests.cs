using Ltx.Training.Steps;
using Ltx.Inference;
using Ltx.Inference.Latents;
using Ltx.Inference.Planning;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using Ltx.Parity.Cards;
using Ltx.Training.Checkpoints;
using Ltx.Training.Planning;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Planning;

/// <summary>Plans of trainings: what a step is said to hold against what it holds, and what is given up on small cards.</summary>
[Collection(Alone.Name)]
public sealed class TrainingPlannerTests(ITestOutputHelper output)
{
    private static readonly TrainingShape Usual = new(new PixelShape(89, 544, 960), TrainingKind.Inpaint);

    private static readonly TrainingPlanner Large = TrainingPlanner.For(
        ModelPreset.Read(Path.Combine(Repository.Root, "models", "presets", "ltx-2.3-22b.json")), ScalarType.BFloat16, DeviceType.CUDA);

    [Theory]
    [InlineData(TrainingKind.Inpaint)]
    [InlineData(TrainingKind.VideoToVideo)]
    public void A_step_holds_what_was_planned(TrainingKind kind)
    {
        if (!AllocationLog.IsPossible) Assert.Skip("This libtorch does not tell what it allocates.");
        PixelShape size = new(25, 320, 512);
        using ModelParts parts = new(Repository.Miniature);
        using LtxTransformer model = new(parts.Checkpoint, CPU, ScalarType.Float32);
        string folder = Directory.CreateTempSubdirectory("ltx-training-").FullName;
        try
        {
            using Clip clip = new(model.Config, size.ToLatent(new VideoScale(8, 32, 32)));
            TrainingOptions options = new() { Kind = kind, Rank = 4, Steps = 2 };
            using Trainer trainer = new(new TrainedModel(model, new VideoScale(8, 32, 32)), clip, options, new TrainingFolder(folder), new TrainingIdentity("miniature", "one clip"));
            // What is made once comes in the first step.
            trainer.Next();
            using AllocationLog log = new("step");
            trainer.Next();
            long held = log.End()["step"];
            TrainingPlan plan = TrainingPlanner.For(parts.Model, ScalarType.Float32, DeviceType.CPU).Choose(new TrainingShape(size, kind, 4), long.MaxValue, float8: false);
            // Weights, their gradients and the optimiser's memory are there before it.
            long planned = plan.Inputs + plan.Block;
            output.WriteLine($"{kind}: {held / 1e6:0.0} MB held, {planned / 1e6:0.0} planned ({plan.Inputs / 1e6:0.0} between blocks, {plan.Block / 1e6:0.0} in one)");
            Assert.InRange(held, 0.88 * planned, 1.1 * planned);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_usual_training_is_resident_on_large_cards_and_streamed_on_small_ones()
    {
        List<TrainingPlan> plans = [.. CardMemory.Usual.Select(card => Large.Choose(Usual, card.Available, float8: false))];
        Assert.All(plans, plan => Assert.True(plan.Fits));
        Assert.Equal(0, plans[0].Arrangement.StreamedBlocks);
        Assert.True(plans[3].Arrangement.StreamedBlocks > plans[2].Arrangement.StreamedBlocks);
        // 48 blocks of 7 layers of 4096 numbers a side and one from a caption's width, in rank 32: float32, gradient, and two means.
        Assert.Equal(100_663_296L * 16, plans[0].Learned);
        Assert.Equal(6120, plans[0].Tokens);
    }

    [Fact]
    public void A_reference_doubles_the_tokens_and_a_smaller_one_adds_a_quarter()
    {
        TrainingShape whole = Usual with { Kind = TrainingKind.VideoToVideo };
        Assert.Equal(2 * 6120, Large.Choose(whole, long.MaxValue, float8: false).Tokens);
        TrainingShape half = new(new PixelShape(89, 512, 960), TrainingKind.VideoToVideo, ReferenceDownscale: 2);
        Assert.Equal(12 * 16 * 30 * 5 / 4, Large.Choose(half, long.MaxValue, float8: false).Tokens);
    }

    [Fact]
    public void What_fits_nowhere_is_refused_in_numbers()
    {
        InferenceException e = Assert.Throws<InferenceException>(() => Large.Require(Usual, 6L << 30, float8: false));
        Assert.Contains("Training with 960x544, 89 frames does not fit on this device: a step would need", e.Message, StringComparison.Ordinal);
        Assert.Contains("and 6.4 GB are there", e.Message, StringComparison.Ordinal);
    }

    private sealed class Clip(TransformerConfig config, LatentShape shape) : ISampleSource, IDisposable
    {
        public int Count => 1;

        public TrainingSample Read(int index)
        {
            long[] latent = [1, config.Video.InChannels, shape.Frames, shape.Height, shape.Width];
            using Tensor keep = Seeded.Uniform(1, [1, shape.Frames, shape.Height, shape.Width]);
            return new TrainingSample(Seeded.Normal(2, latent), 24, Seeded.Normal(3, [1, 1024, config.Video.ContextFeatures]), keep > 0.5f, new ReferenceLatent(Seeded.Normal(4, latent), 24));
        }

        public void Dispose()
        {
        }
    }
}
