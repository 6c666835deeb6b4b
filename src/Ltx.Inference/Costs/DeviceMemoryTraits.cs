using Ltx.Inference.Native;

namespace Ltx.Inference.Costs;

/// <summary>What libtorch's operators need on a kind of device beside their results.</summary>
/// <param name="IsCuda">whether convolutions compute with channels side by side (InpaintModels), and max_pool2d also returns where it found each maximum</param>
/// <param name="MatrixWorkspace">bytes of the workspace of matrix products</param>
/// <param name="AttentionWorkspace">bytes of an attention kernel's workspace, its log-sum-exp aside</param>
/// <param name="ConvolutionWorkspace">bytes of a convolution's workspace, of the bytes of its input, its output and of a number</param>
internal sealed record DeviceMemoryTraits(bool IsCuda, long MatrixWorkspace, long AttentionWorkspace, Func<ConvolutionSize, double> ConvolutionWorkspace)
{
    private const long Megabyte = 1L << 20;

    private static readonly Lazy<bool> OneDnnHasBFloat16 = new(Operators.ConvolvesBFloat16WithOneDnn);

    /// <summary>
    /// CUDA. cuBLAS: 32 MiB a handle and stream from Hopper on, 8 MiB before, and as much for cuBLASLt (aten/src/ATen/cuda/CublasHandlePool.cpp).
    /// Attention: cuDNN allocates what its graph asks for; for a forward without dropout that is below a megabyte, taken as 16.
    /// Convolutions: in channels-last, cuDNN's implicit products need little; 256 MiB are granted, since benchmarking is off and the heuristics'
    /// first choice may ask for some.
    /// </summary>
    public static DeviceMemoryTraits Cuda { get; } = new(true, 2 * 32 * Megabyte, 16 * Megabyte, _ => 256 * Megabyte);

    /// <summary>
    /// A CPU. MKL and oneDNN keep tiles of a few hundred kilobytes a thread; oneDNN brings a convolution's input and output into its own blocked layout
    /// and back. bfloat16 that it does not convolve on this processor is convolved in float32 (Layers/Convolution): copies of twice the bytes, of which
    /// oneDNN makes its own.
    /// </summary>
    public static DeviceMemoryTraits Cpu { get; } = new(
        false, 0, 0, size => (size.Element == ElementBytes.BFloat16 && !OneDnnHasBFloat16.Value ? 4 : 1) * (size.Input + size.Output));
}

/// <summary>One convolution, as far as its memory goes.</summary>
/// <param name="Input">bytes</param>
/// <param name="Output">bytes</param>
/// <param name="Element">bytes of a number</param>
internal readonly record struct ConvolutionSize(double Input, double Output, int Element);
