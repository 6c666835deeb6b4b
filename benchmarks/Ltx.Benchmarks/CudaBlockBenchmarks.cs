using BenchmarkDotNet.Attributes;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>A block of LTX-2.3 in its full width, in bfloat16 on a CUDA device.</summary>
[BenchmarkCategory(CudaBenchmarks.Category)]
public class CudaBlockBenchmarks : BlockBenchmarks
{
    [Params(8160, 16320, 32640)]
    public int Tokens { get; set; }

    [GlobalSetup]
    public void Setup() => Open("ltx-2.3-22b", Tokens, new Device(DeviceType.CUDA, 0), ScalarType.BFloat16);

    [Benchmark(Description = "cuda: one block of 22B")]
    public void Block() => Run();
}
