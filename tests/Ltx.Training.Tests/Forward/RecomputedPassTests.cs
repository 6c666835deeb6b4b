using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.Tests.Weights;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using Ltx.Training.Conditions;
using Ltx.Training.Forward;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Forward;

/// <summary>Gradients, block by block, against autograd's own in one piece and against differences of the loss.</summary>
[Collection(Alone.Name)]
public sealed class RecomputedPassTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly ModelParts parts = new();

    public void Dispose()
    {
        parts.Dispose();
        scope.Dispose();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Recomputed_is_plain_bit_for_bit(bool full, bool withSound)
    {
        using LtxTransformer model = Model();
        using ITrainedWeights trained = full ? new AllWeights(model) : Adapters(model);
        Same(Gradients(model, trained, recomputed: false, withSound), Gradients(model, trained, recomputed: true, withSound));
    }

    [Fact]
    public void Streamed_is_resident_bit_for_bit()
    {
        using LtxTransformer resident = Model();
        using LoraAdapters adapters = Adapters(resident);
        Dictionary<string, Tensor> expected = Gradients(resident, adapters, recomputed: true);
        for (int streamed = 1; streamed <= resident.Config.Layers; streamed++)
        {
            using LtxTransformer model = new(parts.Checkpoint, CPU, ScalarType.Float32, WeightFormat.Checkpoint, streamed, new LateLink());
            using LoraAdapters beside = Adapters(model);
            Same(expected, Gradients(model, beside, recomputed: true));
            // And once more: the first block has to come back.
            Same(expected, Gradients(model, beside, recomputed: true));
        }
    }

    [Fact]
    public void Through_float8_go_the_gradients_of_its_exact_values()
    {
        using LtxTransformer rounded = Model(ScalarType.BFloat16, WeightFormat.Float8Products), exact = Model(ScalarType.BFloat16);
        foreach ((string name, LinearSlot slot) in rounded.Linears)
        {
            // The same values in the type that is computed in.
            using Tensor values = slot.Weight.ToFloat32();
            exact.Linears[name].Place(new DenseWeight(values.to(ScalarType.BFloat16)));
        }
        using LoraAdapters beside = Adapters(rounded), other = Adapters(exact);
        Same(Gradients(exact, other, recomputed: true), Gradients(rounded, beside, recomputed: true));
    }

    [Fact]
    public void Gradients_are_what_differences_of_the_loss_say()
    {
        using LtxTransformer model = Model(ScalarType.Float64);
        using ITrainedWeights trained = new AllWeights(model);
        Dictionary<string, Tensor> gradients = Gradients(model, trained, recomputed: true);
        foreach (string name in new[] { "patchify_proj.weight", "adaln_single.linear.bias", "prompt_adaln_single.emb.timestep_embedder.linear_1.weight" }
            .Concat(gradients.Keys.Where(name => name.StartsWith("transformer_blocks.0.", StringComparison.Ordinal))).Append("proj_out.weight"))
        {
            Tensor values = trained.Weights.Single(weight => weight.Name == name).Values, direction = Seeded.Normal(7, values.shape).to(ScalarType.Float64);
            double expected = (gradients[name] * direction).sum().item<double>(), found = Slope(model, trained, values, direction);
            Assert.True(Math.Abs(expected - found) <= 1e-6 * Math.Max(1, Math.Abs(found)), $"{name}: {expected} by gradients, {found} by differences");
        }
    }

    [Fact]
    public void A_step_leaves_no_tensor_behind()
    {
        using LtxTransformer model = Model();
        using LoraAdapters adapters = Adapters(model);
        Loss(model, adapters, recomputed: true);
        long before = LiveTensors.Before();
        Loss(model, adapters, recomputed: true);
        Assert.Equal(before, LiveTensors.Before());
    }

    [Fact]
    public void A_LoRA_that_has_learned_nothing_changes_nothing_and_learns_its_second_half_first()
    {
        using LtxTransformer model = Model();
        using LoraAdapters adapters = new(model, LoraTargets.Of(TrainingKind.Inpaint, model.Linears.Keys), 4, 4, seed: 1);
        foreach ((string name, Tensor gradient) in Gradients(model, adapters, recomputed: true))
        {
            Assert.Equal(name.Contains("lora_B", StringComparison.Ordinal), gradient.ne(0).any().item<bool>());
        }
    }

    private LtxTransformer Model(ScalarType type = ScalarType.Float32, WeightFormat format = WeightFormat.Checkpoint) => new(parts.Checkpoint, CPU, type, format);

    // With a second half that is not nothing: otherwise the first one has no gradient.
    private static LoraAdapters Adapters(LtxTransformer model)
    {
        LoraAdapters adapters = new(model, LoraTargets.Of(TrainingKind.VideoToVideo, model.Linears.Keys), 4, 6, seed: 1);
        using var noGradient = no_grad();
        foreach ((int i, TrainedWeight weight) in adapters.Weights.Index())
        {
            if (!weight.Name.Contains("lora_B", StringComparison.Ordinal)) continue;
            using Tensor values = Seeded.Normal((ulong)i, weight.Values.shape);
            weight.Values.copy_(values.mul_(0.05));
        }
        return adapters;
    }

    private Dictionary<string, Tensor> Gradients(LtxTransformer model, ITrainedWeights trained, bool recomputed, bool withSound = false)
    {
        Loss(model, trained, recomputed, withSound);
        Dictionary<string, Tensor> gradients = new(StringComparer.Ordinal);
        foreach (TrainedWeight weight in trained.Weights)
        {
            gradients[weight.Name] = weight.Values.grad is { } gradient ? gradient.clone() : zeros_like(weight.Values);
            weight.Values.grad = null;
        }
        return gradients;
    }

    private double Loss(LtxTransformer model, ITrainedWeights trained, bool recomputed, bool withSound = false)
    {
        using var one = NewDisposeScope();
        using TrainingClip clip = new(model.Config, model.Type);
        StepInput step = clip.Step();
        StreamInput video = step.ToStream(model, clip.Sample.Context);
        StreamInput? audio = withSound ? Sound(model, step.Sigma) : null;
        RecomputedPass pass = new(model, trained);
        Tensor LossOf(StreamTokens velocities) => velocities.Audio is { } sound ? step.Loss(velocities.Video) + sound.to(ScalarType.Float32).pow(2).mean() : step.Loss(velocities.Video);
        using (trained.Attach()) return recomputed ? pass.Backward(video, audio, LossOf) : pass.BackwardAtOnce(video, audio, LossOf);
    }

    private static StreamInput Sound(LtxTransformer model, double sigma)
    {
        Tensor latent = Seeded.Normal(20, [1, 3, model.Config.Audio.InChannels]).to(model.Type), context = Seeded.Normal(21, [1, 6, model.Config.Audio.ContextFeatures]).to(model.Type);
        return new StreamInput(latent, sigma, TokenLevels.Uniform(sigma), model.AudioGeometry(TokenPositions.Audio(3, new AudioScale(16000, 160, 4), CPU)), context);
    }

    // The loss's slope along a direction, by differences to both sides.
    private double Slope(LtxTransformer model, ITrainedWeights trained, Tensor values, Tensor direction)
    {
        const double Step = 1e-5;
        double Beside(double way)
        {
            using (no_grad()) values.add_(direction, alpha: way * Step);
            double loss = Loss(model, trained, recomputed: true);
            using (no_grad()) values.add_(direction, alpha: -way * Step);
            return loss;
        }
        double slope = (Beside(1) - Beside(-1)) / (2 * Step);
        foreach (TrainedWeight weight in trained.Weights) weight.Values.grad = null;
        return slope;
    }

    private static void Same(Dictionary<string, Tensor> expected, Dictionary<string, Tensor> actual)
    {
        Assert.Equal(expected.Keys, actual.Keys);
        Assert.Contains(expected.Values, gradient => gradient.ne(0).any().item<bool>());
        foreach ((string name, Tensor gradient) in expected) Assert.True(gradient.equal(actual[name]).all().item<bool>(), name);
    }
}
