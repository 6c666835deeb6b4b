using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Parity;

/// <summary>
/// How far from the recorded tensor a computed one may be: docs/design.md, section 6. The rule of its kind holds wherever arithmetic is well
/// behaved. Where the case makes more of float32's rounding than that (a vocoder of random weights makes 1e-4 of the last bit of a sine), no
/// two processors agree to the rule, the reference's own among them; then it is three times what rounding does to that very tensor.
/// </summary>
/// <param name="golden">the case; may record what the reference's float32 differs from its float64</param>
/// <param name="inFloat64">what we compute of the case in float64, by name: asked where it records nothing</param>
internal sealed class CaseTolerance(GoldenCase golden, ParityContext context, Func<IReadOnlyDictionary<string, Tensor>> inFloat64)
{
    /// <summary>The rules for float32 on the CPU, and the least of float32 on CUDA, which sums in other orders.</summary>
    public const double Layers = 1e-4, Pipeline = 5e-4, Numbers = 1e-6, Exact = 0, CudaFloat32 = 1e-3;

    /// <summary>Key of the metadata: by tensor, what the reference's own float32 differs from its own float64.</summary>
    public const string Recorded = "float32_relative_error";

    // Both sides have rounded, each in its own way; and one run's error is a sample of what might be.
    private const double Allowance = 3;

    private readonly Dictionary<string, double> recorded = golden.HasValue(Recorded) ? golden.Value<Dictionary<string, double>>(Recorded) : [];
    private IReadOnlyDictionary<string, Tensor>? exact;

    /// <summary>What the comparison's error may be, or null where the run's type is too coarse for it to be judged.</summary>
    public double? Of(Comparison comparison)
    {
        // Ids, masks and sigmas are computed on the CPU in every run, and no rounding excuses them.
        if (comparison.Rule <= Numbers) return comparison.Rule;
        if (context.Type == ScalarType.BFloat16) return Allowance * comparison.Bfloat16Error;
        double least = context.Device.type == DeviceType.CUDA ? Math.Max(comparison.Rule, CudaFloat32) : comparison.Rule;
        // In float64 there is no such excuse; and what keeps the rule needs none.
        return context.Type == ScalarType.Float64 || comparison.Error <= least ? least : Math.Max(least, Allowance * Sensitivity(comparison));
    }

    private double Sensitivity(Comparison comparison)
    {
        if (recorded.TryGetValue(comparison.Name.Split(' ')[0], out double error)) return error;
        exact ??= inFloat64();
        return exact.TryGetValue(comparison.Name, out Tensor? wide) ? Comparison.RelativeError(comparison.Actual, wide) : 0;
    }
}
