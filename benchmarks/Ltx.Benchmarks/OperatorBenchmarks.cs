using BenchmarkDotNet.Attributes;
using Ltx.Inference.Kernels;
using Ltx.Inference.Layers;
using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>What a call into libtorch costs, through TorchSharp and by name, and the elementwise chains of a block.</summary>
public class OperatorBenchmarks
{
    private const int Tokens = 480, Features = 256, Heads = 8;

    private Tensor one = null!, x = null!, weight = null!;
    private LevelTable levels;
    private RotaryTable rope = null!;

    [GlobalSetup]
    public void Setup()
    {
        one = Miniature.Random(1);
        x = Miniature.Random(1, Tokens, Features);
        levels = new LevelTable(Miniature.Random(2, 3, Features), Miniature.Random(3, Features), arange(Tokens, ScalarType.Int64).remainder(2));
        weight = Miniature.Random(Features);
        rope = new RotaryTable(Miniature.Random(1, Tokens, Heads, Features / Heads / 2), Miniature.Random(1, Tokens, Heads, Features / Heads / 2));
    }

    [Benchmark(Description = "call: x.neg() of one number, through TorchSharp")]
    public void CallThroughTorchSharp() => one.neg().Dispose();

    [Benchmark(Description = "call: rms_norm of one number, by name")]
    public void CallByName() => Operators.RmsNorm(one, null, 1e-6).Dispose();

    [Benchmark(Description = "rms_norm with weight")]
    public void RmsNormWithWeight() => Operators.RmsNorm(x, weight, 1e-6).Dispose();

    [Benchmark(Description = "norm and modulate")]
    public void NormModulate() => Modulations.NormModulate(x, levels, 1, 0, 1e-6).Dispose();

    [Benchmark(Description = "add gated")]
    public void AddGated() => Modulations.AddGated(x, x, levels, 2).Dispose();

    [Benchmark(Description = "rotate by a table")]
    public void Rotate() => rope.Rotate(x).Dispose();
}
