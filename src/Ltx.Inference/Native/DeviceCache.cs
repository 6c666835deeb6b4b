using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Native;

/// <summary>
/// Memory of a CUDA device that libtorch's allocator keeps when tensors are gone. TorchSharp has no word for it, and libtorch's C interface has
/// none either; what is here works by what the allocator is documented to do.
/// </summary>
internal static class DeviceCache
{
    // 64 TiB: more than any device has.
    private const long Impossible = 1L << 46;

    private static readonly string[] Shortages =
    [
        "out of memory",                    // the caching allocator, and the driver: cudaErrorMemoryAllocation
        "can't allocate memory",            // the CPU's allocator
        "CUBLAS_STATUS_ALLOC_FAILED",
        "CUDNN_STATUS_ALLOC_FAILED",
    ];

    /// <summary>
    /// Gives all of it back to the device. Before the allocator fails an allocation it frees every block that no tensor is in, so it is asked for
    /// one that must fail ("If cudaMalloc fails, all non-split cached blocks are freed and the allocation is tried again",
    /// c10/cuda/CUDACachingAllocator.cpp).
    /// </summary>
    public static void Empty(Device device)
    {
        if (device.type != DeviceType.CUDA) return;
        try
        {
            empty([Impossible], ScalarType.Byte, device).Dispose();
        }
        catch (ExternalException)
        {
            // As it should.
        }
    }

    /// <summary>Takes so much at once and gives it to the allocator, so that later tensors need not ask the device, each for itself.</summary>
    public static void Warm(Device device, long bytes)
    {
        if (device.type != DeviceType.CUDA || bytes <= 0) return;
        try
        {
            empty([bytes], ScalarType.Byte, device).Dispose();
        }
        catch (ExternalException e) when (IsShortage(e))
        {
            // Not in one piece; then tensor by tensor.
        }
    }

    /// <summary>Whether an exception says that there is not enough memory.</summary>
    public static bool IsShortage(Exception e) =>
        e is OutOfMemoryException || (e is ExternalException or InferenceException && Array.Exists(Shortages, text => e.Message.Contains(text, StringComparison.OrdinalIgnoreCase)));
}
