using static TorchSharp.torch;

namespace Ltx.Inference.Native;

/// <summary>
/// What bfloat16 is too coarse for is computed in float32. A model that computes in float64 stays there: that is how one tells what
/// float32's rounding makes of its numbers.
/// </summary>
internal static class FloatTypes
{
    public static ScalarType AtLeastFloat32(this ScalarType type) => type == ScalarType.Float64 ? type : ScalarType.Float32;

    public static Tensor AtLeastFloat32(this Tensor x) => x.to(x.dtype.AtLeastFloat32());
}
