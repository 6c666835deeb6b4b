using System.Runtime.InteropServices;

namespace Ltx.Inference.Native;

/// <summary>What a CUDA device is called, asked of the CUDA runtime that came with libtorch.</summary>
public static unsafe class CudaName
{
    // cudaDeviceProp has about 1 KB and begins with the name, 256 characters long at most; runtimes of 12 and later export it as _v2.
    private const int PropertiesSize = 16384;
    private static readonly string[] Exports = ["cudaGetDeviceProperties_v2", "cudaGetDeviceProperties"];

    /// <summary>For instance <c>NVIDIA H100 80GB HBM3</c>; null where this libtorch has no CUDA or the device does not answer.</summary>
    /// <param name="device">number of the device</param>
    public static string? Read(int device)
    {
        foreach (string export in Exports)
        {
            if (!LibTorch.TryGetCudaExport(export, out nint function)) continue;
            byte* properties = (byte*)NativeMemory.AllocZeroed(PropertiesSize);
            try
            {
                if (((delegate* unmanaged<byte*, int, int>)function)(properties, device) == 0) return Marshal.PtrToStringUTF8((nint)properties);
            }
            finally
            {
                NativeMemory.Free(properties);
            }
        }
        return null;
    }
}
