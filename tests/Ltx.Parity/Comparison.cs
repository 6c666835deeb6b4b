using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Parity;

/// <summary>A computed tensor beside the recorded one, both in float64 on the CPU.</summary>
/// <param name="Name">the recorded tensor's, and behind a space the way in which it was computed where there are several</param>
/// <param name="Actual">ours</param>
/// <param name="Expected">the reference's</param>
/// <param name="Rule">one of <see cref="CaseTolerance"/>'s constants</param>
/// <param name="Bfloat16Error">the error that the reference itself makes in bfloat16, where the case records it</param>
internal sealed record Comparison(string Name, Tensor Actual, Tensor Expected, double Rule, double? Bfloat16Error) : IDisposable
{
    public double Error => RelativeError(Actual, Expected);

    /// <summary>A copy that outlives the scope of whoever computed it.</summary>
    public static Tensor Kept(Tensor tensor) => tensor.to(ScalarType.Float64, CPU, copy: true).DetachFromDisposeScope();

    /// <summary>||a - b|| / ||b||. Not a number where the shapes differ, which no tolerance lets through.</summary>
    public static double RelativeError(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        if (!actual.shape.AsSpan().SequenceEqual(expected.shape)) return double.NaN;
        double difference = (actual - expected).norm().item<double>(), size = expected.norm().item<double>();
        return difference == 0 ? 0 : difference / size;
    }

    public void Dispose()
    {
        Actual.Dispose();
        Expected.Dispose();
    }
}
