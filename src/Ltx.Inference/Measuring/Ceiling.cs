using Ltx.Inference.Costs;

namespace Ltx.Inference.Measuring;

/// <summary>The most operations a second that a device was seen to reach, by kind.</summary>
/// <param name="Products">matrix products</param>
/// <param name="Convolutions">3 x 3 x 3</param>
/// <param name="Attention">without a mask</param>
/// <param name="Copy">bytes read and written by a copy within the device's memory</param>
/// <param name="Origin">where the numbers come from</param>
public sealed record Ceiling(double Products, double Convolutions, double Attention, double Copy, string Origin)
{
    private const double Tera = 1e12;

    // bf16 products of M = tokens with 4096 and 16384, cuDNN attention of 32 heads x 128, conv3d with channels last.
    private static readonly Ceiling H100 = new(720 * Tera, 690 * Tera, 650 * Tera, 3.0 * Tera, "measured on an H100 SXM: bf16, torch 2.11, CUDA 13.0");

    // The H100's chip with faster memory.
    private static readonly Ceiling H200 = new(788 * Tera, 690 * Tera, 650 * Tera, 4.3 * Tera,
        "products and copy measured on an H200 SXM: bf16, torch 2.11, CUDA 13.0; convolutions and attention the H100's");

    // Data sheets: bf16 with sums in float32, without sparsity, and memory. (NVIDIA's for A100 80GB SXM, L40S, GeForce RTX 4090 and 5090.)
    private static readonly (string Name, double Products, double Memory)[] Sheets = [("a100", 312, 2.039), ("l40s", 362, 0.864), ("4090", 165.2, 1.008), ("5090", 209.5, 1.792)];

    /// <summary>Cards that times can be predicted for.</summary>
    public static IReadOnlyList<string> Cards { get; } = ["h100", "h200", .. Sheets.Select(sheet => sheet.Name)];

    /// <summary>The row of a card that need not be there; null for one that is not among <see cref="Cards"/>.</summary>
    public static Ceiling? OfCard(string name) => name switch
    {
        "h100" => H100,
        "h200" => H200,
        _ => Sheets.Where(sheet => sheet.Name == name).Select(sheet => OfSheet(sheet.Products, sheet.Memory)).FirstOrDefault(),
    };

    /// <summary>The table's row for a device, in bfloat16; null where it has none.</summary>
    /// <param name="name">as the driver calls it</param>
    public static Ceiling? Known(string name) =>
        name.Contains("H200", StringComparison.Ordinal) ? H200 : name.Contains("H100", StringComparison.Ordinal) ? H100 : null;

    // What the H100 reaches of its own data sheet, nobody having measured the others.
    private static Ceiling OfSheet(double products, double memory)
    {
        const double H100Products = 989.4, H100Memory = 3.35;
        double compute = products / H100Products, move = memory / H100Memory;
        return new Ceiling(compute * H100.Products, compute * H100.Convolutions, compute * H100.Attention, move * H100.Copy,
            "not measured: its data sheet, of which it is taken to reach what the H100 reaches of its own");
    }

    /// <summary>Seconds that so much work takes at least.</summary>
    public double Seconds(Operations work) => work.Products / Products + work.Convolutions / Convolutions + work.Attention / Attention;
}
