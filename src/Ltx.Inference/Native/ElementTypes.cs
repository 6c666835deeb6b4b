namespace Ltx.Inference.Native;

/// <summary>Facts of an element type.</summary>
public static class ElementTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.UInt8 or ElementType.Int8 or ElementType.Bool or ElementType.Float8E5M2 or ElementType.Float8E4M3 => 1,
        ElementType.Int16 or ElementType.Float16 or ElementType.BFloat16 => 2,
        ElementType.Int32 or ElementType.Float32 => 4,
        _ => 8,
    };

    /// <summary>True for numbers with a fraction.</summary>
    public static bool IsFloatingPoint(this ElementType type) =>
        type is ElementType.Float16 or ElementType.Float32 or ElementType.Float64 or ElementType.BFloat16 || type.IsFloat8();

    /// <summary>True for float8, which TorchSharp can hold and convert but not name.</summary>
    public static bool IsFloat8(this ElementType type) => type is ElementType.Float8E4M3 or ElementType.Float8E5M2;
}
