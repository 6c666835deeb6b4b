using static TorchSharp.torch;

namespace Ltx.Inference.Costs;

/// <summary>Bytes of one number.</summary>
internal static class ElementBytes
{
    public const int BFloat16 = 2, Float32 = 4, Float64 = 8, Int64 = 8;

    public static int Of(ScalarType type) => type == ScalarType.BFloat16 ? BFloat16 : Float32;
}
