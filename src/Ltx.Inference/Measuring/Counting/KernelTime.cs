namespace Ltx.Inference.Measuring.Counting;

/// <summary>
/// How long a card takes for a kernel: the longer of moving its bytes and computing its operations, each at the share of the card's ceiling that
/// such kernels reach. The shares are those of an H100, and uncertain by some eight percent in all.
/// </summary>
internal static class KernelTime
{
    // A kernel that has nothing to do begins and ends in that time, one behind the other.
    private const double Launch = 2e-6;

    // What the host takes for an operator, TorchSharp's way to it and the look at its result included: 1.4 ms for the 510 of a block.
    private const double Call = 2.75e-6;

    // Of the best that was measured (Ceiling): products 690 of 720 TFLOP/s at the model's shapes; attention 620 of 650 with heads of 128 and 413 with
    // 64; convolutions 500 to 650 of 690 over the VAE's shapes.
    private const double Products = 0.958, WideHeads = 0.954, NarrowHeads = 0.635, Convolutions = 0.833;
    private const int WideHead = 128;

    // 1,020 to 1,350 TFLOP/s were measured where bfloat16 reaches 720.
    private const double Float8Products = 1200.0 / 720;

    // A product that gives one number a head has nothing to do but read.
    private const int NarrowProduct = 64;

    /// <summary>Seconds of the card.</summary>
    public static double Of(Kernel kernel, Ceiling ceiling)
    {
        double move = kernel.Bytes / (Share(kernel) * ceiling.Copy);
        double attention = kernel.Features >= WideHead ? WideHeads : NarrowHeads;
        double products = kernel.Operator == KernelTable.Float8Product ? Float8Products : Products;
        double compute = kernel.Work.Products / (products * ceiling.Products)
            + kernel.Work.Convolutions / (Convolutions * ceiling.Convolutions) + kernel.Work.Attention / (attention * ceiling.Attention);
        return Math.Max(Launch, Math.Max(move, compute));
    }

    /// <summary>Seconds of the host.</summary>
    public static double OfCalls(double calls) => calls * Call;

    // Of the rate of a copy.
    private static double Share(Kernel kernel) => kernel.Access switch
    {
        KernelAccess.Even => 0.90,
        KernelAccess.Broadcast or KernelAccess.Strided => 0.65,
        KernelAccess.Gathered => 0.60,
        KernelAccess.Reduced => 0.85,
        KernelAccess.Fused => 0.88,
        _ when kernel.Class == KernelClass.Product => kernel.Features <= NarrowProduct ? 0.7 : 0.85,
        _ => 0.8,
    };
}
