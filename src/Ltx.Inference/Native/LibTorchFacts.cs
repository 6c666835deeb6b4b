using System.Globalization;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Ltx.Inference.Native;

/// <summary>What the loaded libtorch says about itself.</summary>
/// <param name="Version">such as 2.10.0</param>
/// <param name="Blas">the library that multiplies matrices on the CPU</param>
/// <param name="Threads">threads of one operator</param>
public sealed record LibTorchFacts(string Version, string Blas, int Threads)
{
    /// <summary>Loads libtorch and asks it.</summary>
    /// <exception cref="InferenceException">It cannot be loaded.</exception>
    public static LibTorchFacts Read()
    {
        LibTorch.Load();
        // One byte each for major, minor and patch, from the top.
        ulong version = StableInterface.AbiVersion();
        string text = string.Create(CultureInfo.InvariantCulture, $"{version >> 56}.{(version >> 48) & 0xff}.{(version >> 40) & 0xff}");
        return new LibTorchFacts(text, BlasName(), torch.get_num_threads());
    }

    // Neither has a place in libtorch's own interface, but both export who they are.
    private static unsafe string BlasName()
    {
        if (LibTorch.TryGetCpuExport("MKL_Get_Version_String", out nint mkl))
        {
            const int Length = 256;
            byte* buffer = stackalloc byte[Length];
            ((delegate* unmanaged<byte*, int, void>)mkl)(buffer, Length);
            return Marshal.PtrToStringUTF8((nint)buffer)!.Trim();
        }
        if (LibTorch.TryGetCpuExport("openblas_get_config", out nint openBlas)) return Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)openBlas)())!.Trim();
        return "not MKL and not OpenBLAS";
    }
}
