using static TorchSharp.torch;

namespace Ltx.Inference.Native;

/// <summary>Rounding to float8_e4m3fn, which TorchSharp can hold and convert but not name.</summary>
internal static class Float8
{
    /// <summary>The type, for TorchSharp's methods.</summary>
    internal const ScalarType Type = (ScalarType)ElementType.Float8E4M3;

    /// <summary>Bytes a number that <see cref="QuantizeRows"/> takes at its worst: two in float32.</summary>
    internal const long RoundingBytes = 8;

    /// <summary>The largest number that the type has.</summary>
    internal const double Largest = 448;

    // A row of zeros has no scale of its own; any number will do that can be divided by.
    private const double LeastScale = 1e-12;

    /// <summary>Rounds a matrix, each row by a scale that makes its largest number the type's largest.</summary>
    /// <param name="x">[rows, columns]</param>
    /// <returns>[rows, columns] float8 and [rows, 1] float32, whose product is the matrix; of the caller's scope</returns>
    internal static (Tensor Values, Tensor Scale) QuantizeRows(Tensor x)
    {
        using var scope = NewDisposeScope();
        // Two such tensors live at once, and no more. Seven passes, 39 bytes a number: of activations that takes longer than the faster product saves
        // (on an H100 0.8 s of a forward of 16,320 tokens, and 0.34 s are saved), so that a kernel does it there.
        Tensor exact = x.to(ScalarType.Float32, copy: true), scale;
        using (Tensor magnitudes = exact.abs()) scale = magnitudes.amax([1], keepdim: true).div_(Largest).clamp_(min: LeastScale);
        // The conversion turns what is too large into NaN, and rounding may have made it so.
        Tensor values = exact.div_(scale).clamp_(-Largest, Largest).to(Type);
        return (values.MoveToOuterDisposeScope(), scale.MoveToOuterDisposeScope());
    }
}
