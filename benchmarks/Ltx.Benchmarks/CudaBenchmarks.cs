using BenchmarkDotNet.Attributes;
using Ltx.Inference.Layers;
using Ltx.Inference.Measuring;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>What LTX-2.3's transformer is made of, in its real sizes, in bfloat16 on a CUDA device. Every call waits for the device.</summary>
[BenchmarkCategory(Category)]
public class CudaBenchmarks
{
    public const string Category = "cuda";

    private const int Features = 4096, Inner = 4 * Features, Heads = 32, HeadFeatures = 128;

    private Device device = null!;
    private TokenGroups groups = null!;
    private Tensor x = null!, wide = null!, square = null!, up = null!, down = null!, q = null!, k = null!, v = null!;

    [Params(8160, 16320, 32640)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        device = new Device(DeviceType.CUDA, 0);
        Tensor On(params long[] shape) => randn(shape, ScalarType.BFloat16, device).DetachFromDisposeScope();
        groups = new TokenGroups([Tokens / 2, Tokens / 2], new[,] { { 1, 0.3 }, { 0.3, 1 } });
        (x, wide) = (On(1, Tokens, Features), On(1, Tokens, Inner));
        (square, up, down) = (On(Features, Features), On(Inner, Features), On(Features, Inner));
        (q, k, v) = (On(1, Heads, Tokens, HeadFeatures), On(1, Heads, Tokens, HeadFeatures), On(1, Heads, Tokens, HeadFeatures));
    }

    [Benchmark(Description = "cuda: product 4096 x 4096")]
    public void Product() => Wait(nn.functional.linear(x, square));

    [Benchmark(Description = "cuda: product 4096 x 16384")]
    public void ProductUp() => Wait(nn.functional.linear(x, up));

    [Benchmark(Description = "cuda: product 16384 x 4096")]
    public void ProductDown() => Wait(nn.functional.linear(wide, down));

    [Benchmark(Description = "cuda: attention, 32 heads x 128")]
    public void Attention() => Wait(nn.functional.scaled_dot_product_attention(q, k, v));

    [Benchmark(Description = "cuda: the same, one half seeing the other with strength 0.3")]
    public void GroupedAttentions() => Wait(GroupedAttention.Attend(q, k, v, groups));

    [GlobalCleanup]
    public void Cleanup()
    {
        foreach (Tensor tensor in new[] { x, wide, square, up, down, q, k, v }) tensor.Dispose();
    }

    private void Wait(Tensor result)
    {
        DeviceClock.Wait(device);
        result.Dispose();
    }
}
