using Ltx.Inference.Layers;
using Ltx.Inference.Lora;
using Ltx.Inference.Tests.Lora;
using Ltx.Inference.Tests.Transformer;
using Ltx.Inference.Transformer;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Weights;

/// <summary>Whole models whose weights come through pinned buffers to a device that copies as late as it may: they compute what models that look into the file do.</summary>
[Collection(Alone.Name)]
public sealed class StagedModelTests : IDisposable
{
    // Smaller than most weights, larger than some.
    private const int BufferBytes = 3000;

    private static readonly string Golden = ModelFolder.Open(System.IO.Path.Combine(Repository.Goldens, "model")).Checkpoint;

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly List<LateLink> links = [];

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(ScalarType.BFloat16, WeightFormat.Checkpoint, false)]
    [InlineData(ScalarType.Float32, WeightFormat.Checkpoint, false)]
    [InlineData(ScalarType.BFloat16, WeightFormat.Checkpoint, true)]
    [InlineData(ScalarType.Float32, WeightFormat.Full, true)]
    [InlineData(ScalarType.BFloat16, WeightFormat.Float8, false)]
    public void A_transformer_with_and_without_a_LoRA(ScalarType type, WeightFormat format, bool float8File)
    {
        using Float8Checkpoint file = new(Golden);
        using LoraFolder folder = new();
        string path = float8File ? file.Path : Golden;
        string[] layers = ["transformer_blocks.0.attn1.to_q", "transformer_blocks.1.attn1.to_q"];
        string lora = folder.Write("a.safetensors", [.. layers.Select(layer => LoraPart.Filled("diffusion_model." + layer, 64, 64, 0.3f, 0.2f))]);
        List<Tensor> mapped = Passes(path, type, format, lora, staged: false), staged = Passes(path, type, format, lora, staged: true);
        Assert.True(RandomPass.Error(mapped[1], mapped[0]) > 1e-3);
        foreach ((Tensor one, Tensor other) in mapped.Zip(staged)) Assert.Equal(0, RandomPass.Error(other, one));
        // One for the model, one for the merge and one for the way back.
        Assert.Equal(3, links.Count);
        Assert.All(links, link => Assert.Empty(link.Faults));
        Assert.All(links, link => Assert.Equal((0, 0, true), (link.PinnedLeft, link.MarksLeft, link.IsDisposed)));
    }

    [Fact]
    public void A_video_decoder_whose_kernels_change_their_layout()
    {
        VideoVaeOptions options = VideoVaeOptions.Default with { ChannelsLast = true };
        Tensor Decoded(bool staged)
        {
            using Checkpoint checkpoint = Open(Golden, staged);
            using VideoDecoder decoder = VideoDecoder.Load(checkpoint, CPU, ScalarType.Float32, options);
            using Generator generator = new(3);
            return decoder.Decode(randn([1, decoder.Config.LatentChannels, 2, 2, 2], generator: generator));
        }

        Assert.Equal(0, RandomPass.Error(Decoded(staged: true), Decoded(staged: false)));
    }

    [Fact]
    public void A_broken_number_is_found_on_the_way()
    {
        using Generation.BrokenModel broken = new("checkpoint", "model.diffusion_model.proj_out.weight", Generation.BrokenModel.NaN);
        using Checkpoint checkpoint = Open(broken.File, staged: true);
        long before = LiveTensors.Before();
        WeightsException refused = Assert.Throws<WeightsException>(() => new LtxTransformer(checkpoint, CPU, ScalarType.Float32));
        Assert.Contains("\"model.diffusion_model.proj_out.weight\" holds numbers that are not finite", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, Tensor.TotalCount);
    }

    private List<Tensor> Passes(string path, ScalarType type, WeightFormat format, string lora, bool staged)
    {
        using Checkpoint checkpoint = Open(path, staged);
        using LtxTransformer transformer = new(checkpoint, CPU, type, format);
        using LoraFile file = LoraFile.Open(lora);
        LoraMerger merger = new(transformer.Weights);
        List<Tensor> passes = [RandomPass.Run(transformer)];
        merger.Use([new LoraUse(file, 1)]);
        passes.Add(RandomPass.Run(transformer));
        merger.Use([]);
        passes.Add(RandomPass.Run(transformer));
        return passes;
    }

    private Checkpoint Open(string path, bool staged)
    {
        Checkpoint checkpoint = Checkpoint.Open(path);
        if (staged)
        {
            checkpoint.Reader = device =>
            {
                links.Add(new LateLink());
                return new UploadingReader(links[^1], device, BufferBytes);
            };
        }
        return checkpoint;
    }
}
