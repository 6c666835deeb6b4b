using Ltx.Inference.Costs;
using Ltx.Inference.Generation;
using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Inference.Planning;
using Ltx.Inference.Tests.Generation;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using Ltx.Parity.Cards;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Planning;

/// <summary>The plan's predictions against what runs really hold: whoever changes a forward so that it holds more or less hears of it here.</summary>
[Collection(MiniaturePipelineTests.Name)]
public class StageMemoryTests(MiniaturePipeline miniature, ITestOutputHelper output)
{
    private const double Tolerance = 0.15, Megabytes = 4e6;

    [Theory]
    [InlineData(17, 448, 320, false)]
    [InlineData(17, 448, 320, true)]
    [InlineData(25, 256, 384, false)]
    [InlineData(25, 256, 384, true)]
    public void Each_stage_holds_what_was_predicted(int frames, int height, int width, bool rgb)
    {
        if (!AllocationLog.IsPossible) Assert.Skip("This libtorch does not tell what it allocates.");
        ModelFolder folder = ModelFolder.Open(Repository.Miniature);
        RequestShape shape = new RecipeChoice(folder, new InpaintOptions()).Usual(new RequestShape(frames, height, width) { IsRgb = rgb });
        MemoryPlan plan = MemoryPlanner.For(folder, ScalarType.Float32, DeviceType.CPU).Predict(shape, long.MaxValue, MemoryArrangement.Resident);
        InpaintRequest request = MiniatureClip.Request(frames, height, width).With(p => p with { Steps = 1, GenerateAudio = false }) with { Mask = Worst(frames, height, width) };
        if (!rgb) request = request.InPlanes();
        // What a model makes once comes in the first run.
        miniature.Run(MiniatureClip.Request(9, 64, 64).With(p => p with { Steps = 1 }));
        Compare(
            // The vocoder's convolutions in one dimension have workspaces on a CPU that cuDNN does without; its stage is never the worst.
            plan.Stages.Where(stage => stage.Stage != InpaintStage.Sound).ToDictionary(stage => stage.Stage.Name(), stage => stage.Activations + stage.Workspace),
            log => miniature.Pipeline.Run(request, new RecordedClip(), progress => log.Stage = progress.Stage, TestContext.Current.CancellationToken));
    }

    private const long Long = 1L << 28;

    // Short pieces in bfloat16: in float32 libtorch unfolds small convolutions on the CPU (27 times their input). In bfloat16 oneDNN's copies are
    // wider than the numbers, hence the larger tolerance.
    [Theory]
    [InlineData(ScalarType.Float32, Long, 0.15)]
    [InlineData(ScalarType.BFloat16, Long, 0.3)]
    [InlineData(ScalarType.BFloat16, 1L << 22, 0.3)]
    [InlineData(ScalarType.BFloat16, 1L << 20, 0.3)]
    public void The_VAE_holds_what_was_predicted_in_long_pieces_and_in_short_ones(ScalarType type, long elements, double tolerance)
    {
        if (!AllocationLog.IsPossible) Assert.Skip("This libtorch does not tell what it allocates.");
        if (type == ScalarType.BFloat16 && elements < Long && !Operators.ConvolvesBFloat16WithOneDnn()) Assert.Skip("This processor convolves bfloat16 in float32.");
        const int Frames = 33, Height = 192, Width = 256;
        using Checkpoint checkpoint = Checkpoint.Open(ModelFolder.Open(Repository.Miniature).Checkpoint);
        VideoVaeOptions options = new(MaximumElements: elements);
        using VideoEncoder encoder = VideoEncoder.Load(checkpoint, CPU, type, options);
        using VideoDecoder decoder = VideoDecoder.Load(checkpoint, CPU, type, options);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor video = Seeded.Uniform(1, [1, 3, Frames, Height, Width]).to(type), latent = encoder.Encode(video);
        CostBasis basis = new(ElementBytes.Of(type), DeviceMemoryTraits.Cpu);
        Compare(
            new Dictionary<string, long>
            {
                ["encode"] = VideoVaeCosts.Encode(encoder.Config, new PixelShape(Frames, Height, Width), basis, elements).Memory.Peak,
                ["decode"] = VideoVaeCosts.Decode(decoder.Config, new LatentShape((int)latent.shape[2], (int)latent.shape[3], (int)latent.shape[4]), basis, elements).Memory.Peak,
            },
            log =>
            {
                log.Stage = "encode";
                encoder.Encode(video).Dispose();
                log.Stage = "decode";
                foreach (Tensor piece in decoder.DecodePieces(latent)) piece.Dispose();
            },
            tolerance);
    }

    // The composite works where a white pixel reaches: here everywhere, and there is a seam.
    private static byte[][] Worst(int frames, int height, int width)
    {
        byte[] mask = new byte[height * width];
        mask.AsSpan(width).Fill(byte.MaxValue);
        return [.. Enumerable.Repeat(mask, frames)];
    }

    private void Compare(IReadOnlyDictionary<string, long> predicted, Action<AllocationLog> run, double tolerance = Tolerance)
    {
        using AllocationLog log = new("begin");
        run(log);
        IReadOnlyDictionary<string, long> seen = log.End();
        foreach ((string stage, long bytes) in predicted) output.WriteLine($"{stage,-10} predicted {bytes / 1e6,8:0.0} MB, seen {seen[stage] / 1e6,8:0.0} MB");
        Assert.All(predicted, stage => Assert.InRange(seen[stage.Key], stage.Value * (1 - tolerance) - Megabytes, stage.Value * (1 + tolerance) + Megabytes));
    }
}
