using Ltx.Inference.Latents;
using Ltx.Inference.Lora;
using Ltx.Inference.Native;
using Ltx.Inference.Tests.TextEncoder;
using Ltx.Inference.Tests.Weights;
using Ltx.Inference.Transformer;
using Ltx.Inference.Transformer.Streaming;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Transformer.Streaming;

/// <summary>Streamed blocks against resident ones, over a device that copies at once and over one that copies as late as it may.</summary>
[Collection(Alone.Name)]
public sealed class BlockStreamTests : IDisposable
{
    private readonly DisposeScope scope = NewDisposeScope();
    private readonly ModelParts parts = new(Repository.Miniature);
    private readonly LtxTransformer resident;
    private readonly StreamInput video, audio;

    public BlockStreamTests()
    {
        resident = new LtxTransformer(parts.Checkpoint, CPU, ScalarType.Float32);
        TransformerConfig config = resident.Config;
        using Generator generator = new(11);
        Tensor Random(params long[] shape) => randn(shape, generator: generator);
        LatentShape shape = new(2, 3, 2);
        video = new StreamInput(
            Random(1, shape.Tokens, config.Video.InChannels), 0.7, TokenLevels.Of(cat([ones(1, 5, 1), zeros(1, shape.Tokens - 5, 1)], 1)).Times(0.7),
            resident.VideoGeometry(TokenPositions.Video(shape, new VideoScale(8, 32, 32), 24, CPU)), Random(1, 16, config.Video.ContextFeatures));
        audio = new StreamInput(
            Random(1, 3, config.Audio.InChannels), 0.7, TokenLevels.Uniform(0.7), resident.AudioGeometry(TokenPositions.Audio(3, new AudioScale(16000, 160, 4), CPU)), Random(1, 16, config.Audio.ContextFeatures));
    }

    private int Layers => resident.Config.Layers;

    private static string Magenta => Path.Combine(Repository.Miniature, "loras", "magenta.safetensors");

    public void Dispose()
    {
        resident.Dispose();
        parts.Dispose();
        scope.Dispose();
    }

    [Fact]
    public void A_streamed_pass_is_a_resident_one_bit_for_bit_whatever_the_number_and_the_form()
    {
        foreach (WeightFormat format in new[] { WeightFormat.Checkpoint, WeightFormat.Float8 })
        {
            using LtxTransformer expected = new(parts.Checkpoint, CPU, ScalarType.Float32, format);
            (Tensor Video, Tensor Audio) wanted = Pass(expected);
            for (int streamed = 1; streamed <= Layers; streamed++)
            {
                LateLink late = new();
                using (LtxTransformer transformer = new(parts.Checkpoint, CPU, ScalarType.Float32, format, streamed, late))
                using (LtxTransformer atOnce = new(parts.Checkpoint, CPU, ScalarType.Float32, format, streamed))
                {
                    Assert.Equal(streamed, transformer.StreamedBlocks);
                    // Passes follow each other, and the first blocks are fetched while the last ones compute.
                    for (int pass = 0; pass < 3; pass++)
                    {
                        AssertSame(wanted, Pass(transformer));
                        AssertSame(wanted, Pass(atOnce));
                    }
                }
                AssertClean(late);
            }
        }
    }

    [Fact]
    public void LoRAs_are_merged_into_what_is_streamed_and_taken_out_again()
    {
        using LoraFile lora = LoraFile.Open(Magenta);
        LateLink late = new();
        using (LtxTransformer transformer = new(parts.Checkpoint, CPU, ScalarType.Float32, WeightFormat.Checkpoint, Layers, late))
        {
            LoraMerger residents = new(resident.Weights), streams = new(transformer.Weights);
            foreach (double strength in new[] { 1, 0.5, 0, 1 })
            {
                residents.Use([new LoraUse(lora, strength)]);
                streams.Use([new LoraUse(lora, strength)]);
                AssertSame(Pass(resident), Pass(transformer));
                AssertSame(Pass(resident), Pass(transformer));
            }
        }
        AssertClean(late);
    }

    [Fact]
    public void Another_number_of_blocks_is_streamed_with_the_weights_that_are_in_use()
    {
        using LoraFile lora = LoraFile.Open(Magenta);
        LateLink late = new();
        using (LtxTransformer transformer = new(parts.Checkpoint, CPU, ScalarType.Float32, WeightFormat.Checkpoint, 0, late))
        {
            new LoraMerger(resident.Weights).Use([new LoraUse(lora, 1)]);
            new LoraMerger(transformer.Weights).Use([new LoraUse(lora, 1)]);
            (Tensor Video, Tensor Audio) wanted = Pass(resident);
            foreach (int streamed in (int[])[0, Layers, 1, Layers - 1, 0, Layers])
            {
                transformer.Stream(streamed);
                Assert.Equal(streamed, transformer.StreamedBlocks);
                AssertSame(wanted, Pass(transformer));
                AssertSame(wanted, Pass(transformer));
            }
        }
        AssertClean(late);
    }

    [Fact]
    public void A_pass_that_was_given_up_does_not_disturb_the_next_one()
    {
        (Tensor Video, Tensor Audio) wanted = Pass(resident);
        LateLink late = new();
        using (LtxTransformer transformer = new(parts.Checkpoint, CPU, ScalarType.Float32, WeightFormat.Checkpoint, Layers, late))
        {
            for (int at = 0; at < Layers; at++)
            {
                Assert.Throws<OperationCanceledException>(() => transformer.Forward(video, audio, Perturbations.None, (i, _, _) =>
                {
                    if (i == at) throw new OperationCanceledException();
                }));
                AssertSame(wanted, Pass(transformer));
            }
        }
        AssertClean(late);
    }

    [Fact]
    public void Every_copy_waits_for_what_computes_in_its_slot_and_nobody_waits_on_the_host()
    {
        LateLink late = new();
        using LtxTransformer transformer = new(parts.Checkpoint, CPU, ScalarType.Float32, WeightFormat.Checkpoint, Layers, late);
        Pass(transformer);
        int awaited = late.Awaits, linears = transformer.Linears.Count(linear => linear.Key.StartsWith("transformer_blocks.0.", StringComparison.Ordinal));
        late.Log.Clear();
        Pass(transformer);
        Assert.Equal(awaited, late.Awaits);
        // Runs of uploads, a block each; before each a mark behind all computing, for which copies are held.
        List<string> log = late.Log;
        List<int> runs = [.. Enumerable.Range(0, log.Count).Where(i => log[i] == "upload" && log[i - 1] != "upload")];
        // With two blocks each has its slot to itself, and nothing moves any more.
        Assert.Equal(Layers > BlockStream.SlotCount ? Layers : 0, runs.Count);
        Assert.All(runs, start =>
        {
            Assert.Matches(@"^hold \d+$", log[start - 1]);
            Assert.Equal(log[start - 1].Replace("hold", "computing", StringComparison.Ordinal), log[start - 2]);
            Assert.Equal(linears, log.Skip(start).TakeWhile(entry => entry == "upload").Count());
        });
    }

    [Fact]
    public void Passes_leave_no_tensor_behind()
    {
        using LtxTransformer transformer = new(parts.Checkpoint, CPU, ScalarType.Float32, streamedBlocks: Layers);
        void Run()
        {
            using var inner = NewDisposeScope();
            Pass(transformer);
        }

        Run();
        long before = LiveTensors.Before();
        for (int pass = 0; pass < 5; pass++) Run();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Theory]
    [InlineData(48, 48)]
    [InlineData(48, 24)]
    [InlineData(48, 7)]
    [InlineData(5, 0)]
    public void Streamed_blocks_are_spread_evenly(int all, int streamed)
    {
        List<int> indices = [.. BlockStream.Spread(streamed, all)];
        Assert.Equal(streamed, indices.Count);
        if (streamed > 1) Assert.InRange(indices.Zip(indices.Skip(1), (a, b) => b - a).Max(), 1, (all + streamed - 1) / streamed);
    }

    private (Tensor Video, Tensor Audio) Pass(LtxTransformer transformer) => transformer.Forward(video, audio, Perturbations.None);

    private static void AssertSame((Tensor Video, Tensor Audio) expected, (Tensor Video, Tensor Audio) actual)
    {
        Assert.True(expected.Video.equal(actual.Video).all().item<bool>());
        Assert.True(expected.Audio.equal(actual.Audio).all().item<bool>());
    }

    private static void AssertClean(LateLink late)
    {
        Assert.Empty(late.Faults);
        Assert.Equal((0, 0, true), (late.MarksLeft, late.PinnedLeft, late.IsDisposed));
    }
}
