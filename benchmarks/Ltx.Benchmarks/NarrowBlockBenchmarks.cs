using BenchmarkDotNet.Attributes;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>The same as on a CUDA device, as narrow as the miniature: what can be tried anywhere.</summary>
public class NarrowBlockBenchmarks : BlockBenchmarks
{
    private const int Tokens = 384;

    [GlobalSetup]
    public void Setup() => Open("tiny", Tokens, CPU, ScalarType.BFloat16);

    [Benchmark(Description = "one narrow block, bfloat16")]
    public void Block() => Run();
}
