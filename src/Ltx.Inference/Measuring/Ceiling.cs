using Ltx.Inference.Costs;

namespace Ltx.Inference.Measuring;

/// <summary>The most operations a second that a device was seen to reach, by kind.</summary>
/// <param name="Products">matrix products</param>
/// <param name="Convolutions">3 x 3 x 3</param>
/// <param name="Attention">without a mask</param>
/// <param name="Origin">where the numbers come from</param>
public sealed record Ceiling(double Products, double Convolutions, double Attention, string Origin)
{
    private const double Tera = 1e12;

    // bf16 products of M = tokens with 4096 and 16384, cuDNN attention of 32 heads x 128, conv3d with channels last.
    private static readonly Ceiling H100 = new(720 * Tera, 690 * Tera, 650 * Tera, "measured on an H100 SXM: bf16, torch 2.11, CUDA 13.0");

    // The H100's chip with faster memory.
    private static readonly Ceiling H200 = new(788 * Tera, 690 * Tera, 650 * Tera, "products measured on an H200 SXM: bf16, torch 2.11, CUDA 13.0; convolutions and attention the H100's");

    /// <summary>The table's row for a device, in bfloat16; null where it has none.</summary>
    /// <param name="name">as the driver calls it</param>
    public static Ceiling? Known(string name) =>
        name.Contains("H200", StringComparison.Ordinal) ? H200 : name.Contains("H100", StringComparison.Ordinal) ? H100 : null;

    /// <summary>Seconds that so much work takes at least.</summary>
    public double Seconds(Operations work) => work.Products / Products + work.Convolutions / Convolutions + work.Attention / Attention;
}
