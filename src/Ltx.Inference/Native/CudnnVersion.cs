using System.Globalization;

namespace Ltx.Inference.Native;

/// <summary>Which cuDNN a libtorch has with it.</summary>
/// <param name="Number">major, minor and patch in one, as <c>cudnnGetVersion</c> gives it since 9.0</param>
public sealed record CudnnVersion(ulong Number)
{
    private const ulong Major = 10000, Minor = 100;

    // Up to this one libtorch leaves attention to other kernels, since cuDNN's is wrong where the tokens are no multiple of 128 (pytorch #169849).
    private const ulong LastWithoutAttention = 91500;

    /// <summary>Where to get a later one.</summary>
    public static string Remedy =>
        $"cuDNN later than 9.15.0 comes with PyTorch 2.11 for CUDA 13.0: set {LibTorch.FolderVariable} to its torch/lib folder, and keep other cuDNNs off LD_LIBRARY_PATH.";

    /// <summary>Whether its attention is not used, which Hopper and Blackwell miss.</summary>
    public bool IsOld => Number <= LastWithoutAttention;

    /// <summary>What libtorch's CUDA library was loaded with, card or no card; null where there is no such.</summary>
    public static unsafe CudnnVersion? OfLibTorch() =>
        LibTorch.TryGetCudaExport("cudnnGetVersion", out nint function) ? new CudnnVersion(((delegate* unmanaged<nuint>)function)()) : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number / Major}.{Number % Major / Minor}.{Number % Minor}");
}
