using Ltx.Inference.Kernels;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// What goes into one linear layer or several: as numbers, or rounded to float8 for weights that are multiplied so. Each is made of another tensor when
/// the first layer asks for it, and shared by the others.
/// </summary>
/// <param name="source">[..., in] what it is made of</param>
/// <param name="make">makes the numbers, of the same shape</param>
/// <param name="round">makes rows [M, in] in float8 and their scales [M, 1] of the source, in one kernel</param>
internal sealed class LinearInput(Tensor source, Func<Tensor> make, Func<FusedKernels, (Tensor Values, Tensor Scales)> round) : IDisposable
{
    private Tensor? made;
    private (Tensor Values, Tensor Scales)? rounded;

    /// <summary>A tensor as it is, of the caller's.</summary>
    public static implicit operator LinearInput(Tensor x) => new(x, () => x, kernels => kernels.QuantizeRows(x.reshape(-1, x.shape[^1])));

    /// <summary>[..., in]</summary>
    public long[] Shape => source.shape;

    public ScalarType Type => source.dtype;

    /// <summary>[..., in], this one's own unless it is the source itself.</summary>
    public Tensor Values => made ??= Own(make());

    /// <summary>[M, in] float8_e4m3fn and [M, 1] float32, this one's own.</summary>
    /// <param name="kernels">of the device</param>
    public (Tensor Values, Tensor Scales) Rounded(FusedKernels kernels)
    {
        if (rounded is null)
        {
            (Tensor Values, Tensor Scales) rows = round(kernels);
            rounded = (rows.Values.DetachFromDisposeScope(), rows.Scales.DetachFromDisposeScope());
        }
        return rounded.Value;
    }

    public void Dispose()
    {
        if (!ReferenceEquals(made, source)) made?.Dispose();
        rounded?.Values.Dispose();
        rounded?.Scales.Dispose();
    }

    private Tensor Own(Tensor values) => ReferenceEquals(values, source) ? values : values.DetachFromDisposeScope();
}
