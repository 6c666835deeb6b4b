using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// The elementwise chains between the matrix products. Each is one function with one plain implementation, so that a fused kernel can take
/// its place.
/// </summary>
public static class Modulations
{
    /// <summary>rms(x) * scale + shift, where <paramref name="scale"/> already has its one added.</summary>
    public static Tensor NormModulate(Tensor x, Tensor scale, Tensor shift, double epsilon)
    {
        using Part part = Part.Of(Part.Modulation);
        using var scope = NewDisposeScope();
        return Modulate(RmsNorm.Weightless(x, epsilon), scale, shift).MoveToOuterDisposeScope();
    }

    /// <summary>x * scale + shift, where <paramref name="scale"/> already has its one added.</summary>
    public static Tensor Modulate(Tensor x, Tensor scale, Tensor shift)
    {
        using Part part = Part.Of(Part.Modulation);
        using var scope = NewDisposeScope();
        return (x * scale).add_(shift).MoveToOuterDisposeScope();
    }

    /// <summary>x + y * gate</summary>
    public static Tensor AddGated(Tensor x, Tensor y, Tensor gate)
    {
        using Part part = Part.Of(Part.Gates);
        using var scope = NewDisposeScope();
        return (y * gate).add_(x).MoveToOuterDisposeScope();
    }
}
