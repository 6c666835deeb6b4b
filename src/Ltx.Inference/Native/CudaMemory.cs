namespace Ltx.Inference.Native;

/// <summary>Memory of CUDA devices, asked of the CUDA runtime that came with libtorch.</summary>
public static unsafe class CudaMemory
{
    /// <summary>Free and total bytes of a device, whoever holds the rest; null where this libtorch has no CUDA or the device does not answer.</summary>
    /// <param name="device">number of the device</param>
    public static (long Free, long Total)? Read(int device)
    {
        // A library's handle also finds what the library depends on: the runtime's own functions, whatever its file is called.
        if (!LibTorch.TryGetCudaExport("cudaSetDevice", out nint setDevice) || !LibTorch.TryGetCudaExport("cudaMemGetInfo", out nint getInfo)) return null;
        nuint free = 0, total = 0;
        bool answered = ((delegate* unmanaged<int, int>)setDevice)(device) == 0 && ((delegate* unmanaged<nuint*, nuint*, int>)getInfo)(&free, &total) == 0;
        return answered ? ((long)free, (long)total) : null;
    }
}
