using Ltx.Inference.Generation;
using Ltx.Inference.Generation.Memory;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using Ltx.Parity.Cards;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation.Memory;

/// <summary>The plan's predictions against what runs really hold: whoever changes a forward so that it holds more or less hears of it here.</summary>
[Collection(MiniaturePipelineTests.Name)]
public class StageMemoryTests(MiniaturePipeline miniature, ITestOutputHelper output)
{
    // The watcher can miss the worst moment, so that a run may be repeated; and libraries keep a few megabytes of their own.
    private const int Tries = 12;
    private const double Tolerance = 0.15, Megabytes = 4e6;

    [Theory]
    [InlineData(17, 448, 320)]
    [InlineData(25, 256, 384)]
    public void Each_stage_holds_what_was_predicted(int frames, int height, int width)
    {
        if (!HeapPeak.IsPossible) Assert.Skip("The heap can be watched with the C library of Linux alone.");
        MemoryPlanner planner = MemoryPlanner.For(ModelFolder.Open(Repository.Miniature), ScalarType.Float32, DeviceType.CPU);
        MemoryPlan plan = planner.Predict(new RecipeChoice(ModelFolder.Open(Repository.Miniature), new InpaintOptions()).Usual(new RequestShape(frames, height, width)), long.MaxValue, MemoryArrangement.Resident);
        Compare(
            // The vocoder's convolutions in one dimension have workspaces on a CPU that cuDNN does without; its stage is never the worst.
            plan.Stages.Where(stage => stage.Stage != InpaintStages.Sound).ToDictionary(stage => stage.Stage, stage => stage.Activations + stage.Workspace),
            heap => miniature.Pipeline.Run(MiniatureClip.Request(frames, height, width) with { Steps = 2, Mask = Worst(frames, height, width) }, new RecordedClip(), progress => heap.Stage = progress.Stage, TestContext.Current.CancellationToken));
    }

    // Short pieces in bfloat16: in float32 libtorch unfolds small convolutions on the CPU (27 times their input). In bfloat16 oneDNN's copies are
    // wider than the numbers, hence the larger tolerance.
    [Theory]
    [InlineData(ScalarType.Float32, 1L << 28, 0.15)]
    [InlineData(ScalarType.BFloat16, 1L << 28, 0.3)]
    [InlineData(ScalarType.BFloat16, 1L << 22, 0.3)]
    [InlineData(ScalarType.BFloat16, 1L << 20, 0.3)]
    public void The_VAE_holds_what_was_predicted_in_long_pieces_and_in_short_ones(ScalarType type, long elements, double tolerance)
    {
        if (!HeapPeak.IsPossible) Assert.Skip("The heap can be watched with the C library of Linux alone.");
        const int Frames = 33, Height = 192, Width = 256;
        using Checkpoint checkpoint = Checkpoint.Open(ModelFolder.Open(Repository.Miniature).Checkpoint);
        VideoVaeOptions options = new(MaximumElements: elements);
        using VideoEncoder encoder = VideoEncoder.Load(checkpoint, CPU, type, options);
        using VideoDecoder decoder = VideoDecoder.Load(checkpoint, CPU, type, options);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor video = Seeded.Uniform(1, [1, 3, Frames, Height, Width]).to(type), latent = encoder.Encode(video);
        int element = ElementBytes.Of(type);
        Compare(
            new Dictionary<string, long>
            {
                ["encode"] = VideoVaeMemory.Encode(encoder.Config, Frames, Height, Width, elements, element, DeviceMemoryTraits.Cpu).Peak,
                ["decode"] = VideoVaeMemory.Decode(decoder.Config, latent.shape[2], latent.shape[3], latent.shape[4], elements, element, DeviceMemoryTraits.Cpu).Peak,
            },
            heap =>
            {
                heap.Stage = "encode";
                encoder.Encode(video).Dispose();
                heap.Stage = "decode";
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

    private void Compare(IReadOnlyDictionary<string, long> predicted, Action<HeapPeak> run, double tolerance = Tolerance)
    {
        // What libraries allocate once comes in the first run.
        using (HeapPeak first = new("begin")) run(first);
        Dictionary<string, long> seen = predicted.Keys.ToDictionary(stage => stage, _ => 0L);
        bool Lacks(string stage) => seen[stage] < predicted[stage] * (1 - tolerance) - Megabytes;
        for (int attempt = 0; attempt < Tries && seen.Keys.Any(Lacks); attempt++)
        {
            using HeapPeak heap = new("begin");
            run(heap);
            IReadOnlyDictionary<string, long> peaks = heap.End();
            foreach (string stage in predicted.Keys) seen[stage] = Math.Max(seen[stage], peaks.GetValueOrDefault(stage));
        }
        foreach ((string stage, long bytes) in predicted) output.WriteLine($"{stage,-10} predicted {bytes / 1e6,8:0.0} MB, seen {seen[stage] / 1e6,8:0.0} MB");
        Assert.All(predicted, stage =>
        {
            Assert.False(Lacks(stage.Key), $"{stage.Key}: {stage.Value / 1e6:0.0} MB were predicted and {seen[stage.Key] / 1e6:0.0} MB seen");
            Assert.True(seen[stage.Key] <= stage.Value * (1 + tolerance) + Megabytes, $"{stage.Key}: {stage.Value / 1e6:0.0} MB were predicted and {seen[stage.Key] / 1e6:0.0} MB seen");
        });
    }
}
