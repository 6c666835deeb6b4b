using Ltx.Inference.Kernels;
using Ltx.Inference.Lora;
using Ltx.Inference.Tests.Lora;
using Ltx.Inference.Tests.Transformer;
using Ltx.Inference.Transformer;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Kernels;

/// <summary>Whole models with every kernel on, through the launcher that runs them on a card: no further from float32 than libtorch's operators are.</summary>
public sealed class ModelKernelTests(KernelTests.Compiled compiled) : IClassFixture<KernelTests.Compiled>, IDisposable
{
    // The kernels round less often. By how much one pass of few numbers happens to be nearer or further is chance.
    private const double Chance = 1.15;

    private static readonly string Golden = Path.Combine(Repository.Goldens, "model");

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(WeightFormat.Checkpoint)]
    [InlineData(WeightFormat.Float8)]
    public void A_pass_of_the_transformer(WeightFormat format)
    {
        using Checkpoint checkpoint = Checkpoint.Open(ModelFolder.Open(Golden).Checkpoint);
        Tensor exact = Pass(checkpoint, ScalarType.Float32, WeightFormat.Checkpoint), plain = Pass(checkpoint, ScalarType.BFloat16, format);
        SortedSet<string> seen = [];
        Tensor fused;
        using (KernelLaunchers.Use(DeviceType.CPU, new Watched(compiled.Kernels.Launcher(), seen))) fused = Pass(checkpoint, ScalarType.BFloat16, format);
        double rounding = RandomPass.Error(plain, exact);
        Assert.InRange(RandomPass.Error(fused, exact), 0, Chance * rounding);
        Assert.InRange(RandomPass.Error(fused, plain), 1e-9, 2 * rounding);
        string[] blocks = ["add_gated", "gate_heads", "norm_modulate", "norm_rotate"];
        Assert.Equal(format == WeightFormat.Float8 ? [.. blocks, "quantize_rows"] : [.. blocks.Append("gelu").Order(StringComparer.Ordinal)], seen);
    }

    [Fact]
    public void Both_ways_through_the_video_vae()
    {
        using Checkpoint checkpoint = Checkpoint.Open(ModelFolder.Open(Golden).Checkpoint);
        Tensor video = Seeded.Uniform(1, [1, 3, 9, 64, 64]) * 2 - 1;
        (Tensor exactLatent, Tensor exactVideo) = EncodeDecode(checkpoint, ScalarType.Float32, video);
        (Tensor plainLatent, Tensor plainVideo) = EncodeDecode(checkpoint, ScalarType.BFloat16, video);
        SortedSet<string> seen = [];
        (Tensor fusedLatent, Tensor fusedVideo) = (plainLatent, plainVideo);
        using (KernelLaunchers.Use(DeviceType.CPU, new Watched(compiled.Kernels.Launcher(), seen))) (fusedLatent, fusedVideo) = EncodeDecode(checkpoint, ScalarType.BFloat16, video);
        Assert.Equal(["norm_silu"], seen);
        Assert.InRange(RandomPass.Error(fusedLatent, exactLatent), 1e-9, Chance * RandomPass.Error(plainLatent, exactLatent));
        Assert.InRange(RandomPass.Error(fusedVideo, exactVideo), 1e-9, Chance * RandomPass.Error(plainVideo, exactVideo));
    }

    [Fact]
    public void Layers_share_what_goes_into_them_in_float8()
    {
        using Checkpoint checkpoint = Checkpoint.Open(ModelFolder.Open(Golden).Checkpoint);
        List<string> launched = [];
        using (KernelLaunchers.Use(DeviceType.CPU, new Watched(compiled.Kernels.Launcher(), launched))) Pass(checkpoint, ScalarType.BFloat16, WeightFormat.Float8);
        using LtxTransformer transformer = new(checkpoint, CPU, ScalarType.BFloat16);
        // A block's stream: once for its own queries, keys and values, twice around each attention's result and the feed-forward, once for the text's query
        // and once for the text; and both of its tokens for the attention between the streams.
        const int EachStream = 1 + 1 + 1 + 1 + 1 + 1 + 1 + 2 + 1;
        Assert.Equal(2 * EachStream * transformer.Config.Layers, launched.Count(kernel => kernel == "quantize_rows"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void LoRAs_in_a_weight(int files)
    {
        const string Layer = "transformer_blocks.1.attn1.to_q";
        using LoraFolder folder = new();
        using Checkpoint checkpoint = Checkpoint.Open(ModelFolder.Open(Golden).Checkpoint);
        using LtxTransformer exact = new(checkpoint, CPU, ScalarType.Float32), plain = new(checkpoint, CPU, ScalarType.BFloat16), fused = new(checkpoint, CPU, ScalarType.BFloat16);
        long size = exact.Linears[Layer].InFeatures;
        List<LoraFile> loras = [.. Enumerable.Range(0, files).Select(i => LoraFile.Open(folder.Write(
            $"{i}.safetensors", [Part("A", [3, size], 2 * i), Part("B", [size, 3], 2 * i + 1)])))];
        LoraUse[] uses = [.. loras.Select((file, i) => new LoraUse(file, 0.01 * (i + 1)))];
        SortedSet<string> seen = [];
        new LoraMerger(exact.Weights).Use(uses);
        new LoraMerger(plain.Weights).Use(uses);
        using (KernelLaunchers.Use(DeviceType.CPU, new Watched(compiled.Kernels.Launcher(), seen))) new LoraMerger(fused.Weights).Use(uses);
        // More than the kernel takes are summed by libtorch.
        Assert.Equal(files <= FusedKernels.MostDeltas ? ["merge"] : [], seen);
        // Rounded once, where the sum in float32 has the order of the parts.
        Tensor sum = exact.Linears[Layer].Weight.Tensors[0], merged = fused.Linears[Layer].Weight.Tensors[0].@float();
        Assert.True((merged - sum).abs().le(sum.abs() * 0.00393f + 1e-6f).all().item<bool>());
        Assert.InRange(RandomPass.Error(merged, plain.Linears[Layer].Weight.Tensors[0].@float()), 0, 1e-4);
        loras.ForEach(file => file.Dispose());

        (string, long[], float[]) Part(string side, long[] shape, int seed) =>
            ($"diffusion_model.{Layer}.lora_{side}.weight", shape, Seeded.Normal((ulong)seed, shape).data<float>().ToArray());
    }

    [Fact]
    public void A_LoRA_that_is_not_finite_is_found_by_the_kernel()
    {
        const string Layer = "transformer_blocks.1.attn1.to_q";
        using LoraFolder folder = new();
        using Checkpoint checkpoint = Checkpoint.Open(ModelFolder.Open(Golden).Checkpoint);
        using LtxTransformer transformer = new(checkpoint, CPU, ScalarType.BFloat16);
        long size = transformer.Linears[Layer].InFeatures;
        float[] down = new float[size];
        down[^1] = float.PositiveInfinity;
        using LoraFile lora = LoraFile.Open(folder.Write("infinite.safetensors",
            [($"diffusion_model.{Layer}.lora_A.weight", [1, size], down), ($"diffusion_model.{Layer}.lora_B.weight", [size, 1], [.. Enumerable.Repeat(1f, (int)size)])]));
        using IDisposable _ = KernelLaunchers.Use(DeviceType.CPU, compiled.Kernels.Launcher());
        Assert.Throws<LoraMergeException>(() => new LoraMerger(transformer.Weights).Use([new LoraUse(lora, 1)]));
    }

    [Fact]
    public void Nothing_runs_where_it_is_turned_off_or_where_numbers_are_others()
    {
        Tensor x = zeros(1, ScalarType.BFloat16);
        Assert.Null(FusedKernels.For(x));
        using (KernelLaunchers.Use(DeviceType.CPU, compiled.Kernels.Launcher()))
        {
            Assert.NotNull(FusedKernels.For(x));
            Assert.Null(FusedKernels.For(zeros(1)));
            using (KernelLaunchers.Use(DeviceType.CPU, null)) Assert.Null(FusedKernels.For(x));
            Assert.NotNull(FusedKernels.For(x));
        }
        Assert.Null(FusedKernels.For(x));
    }

    // In float8, multiplied as tensor cores do.
    private static Tensor Pass(Checkpoint checkpoint, ScalarType type, WeightFormat format)
    {
        using LtxTransformer transformer = new(checkpoint, CPU, type, format);
        TensorCoreWeight.PlaceIn(transformer.Linears.Values);
        return RandomPass.Run(transformer);
    }

    private static (Tensor Latent, Tensor Video) EncodeDecode(Checkpoint checkpoint, ScalarType type, Tensor video)
    {
        VideoVaeOptions options = VideoVaeOptions.Default with { ChannelsLast = true };
        using VideoEncoder encoder = VideoEncoder.Load(checkpoint, CPU, type, options);
        using VideoDecoder decoder = VideoDecoder.Load(checkpoint, CPU, type, options);
        Tensor latent = encoder.Encode(video.to(type));
        return (latent.@float(), decoder.Decode(latent).@float());
    }

    private sealed class Watched(IKernelLauncher launcher, ICollection<string> launched) : IKernelLauncher
    {
        public void Launch(string kernel, long blocks, params ReadOnlySpan<KernelArgument> arguments)
        {
            launched.Add(kernel);
            launcher.Launch(kernel, blocks, arguments);
        }
    }
}
