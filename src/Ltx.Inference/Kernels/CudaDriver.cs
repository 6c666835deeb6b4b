using System.Runtime.InteropServices;

namespace Ltx.Inference.Kernels;

/// <summary>The driver's library, which came with the card and not with libtorch. Signatures: CUDA Driver API (cuda.h), the same in CUDA 11 to 13.</summary>
internal sealed unsafe class CudaDriver : ICudaDriver
{
    private readonly delegate* unmanaged<nint*, byte*, int> loadData;
    private readonly delegate* unmanaged<nint*, nint, byte*, int> getFunction;
    private readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> launch;
    private readonly delegate* unmanaged<int, byte**, int> errorText;

    /// <exception cref="InferenceException">There is no driver here.</exception>
    public CudaDriver()
    {
        string name = OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";
        if (!NativeLibrary.TryLoad(name, out nint library))
        {
            throw new InferenceException(Fault.Internal, $"The CUDA driver's library {name} cannot be loaded.");
        }
        loadData = (delegate* unmanaged<nint*, byte*, int>)NativeLibrary.GetExport(library, "cuModuleLoadData");
        getFunction = (delegate* unmanaged<nint*, nint, byte*, int>)NativeLibrary.GetExport(library, "cuModuleGetFunction");
        launch = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)NativeLibrary.GetExport(library, "cuLaunchKernel");
        errorText = (delegate* unmanaged<int, byte**, int>)NativeLibrary.GetExport(library, "cuGetErrorString");
    }

    public nint LoadModule(string ptx)
    {
        nint module = 0, text = Marshal.StringToCoTaskMemUTF8(ptx);
        try
        {
            Check(loadData(&module, (byte*)text), "cuModuleLoadData");
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
        return module;
    }

    public nint Function(nint module, string name)
    {
        nint function = 0, text = Marshal.StringToCoTaskMemUTF8(name);
        try
        {
            Check(getFunction(&function, module, (byte*)text), $"cuModuleGetFunction of {name}");
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
        return function;
    }

    public void Launch(nint function, uint blocks, uint threads, nint stream, void** values, ReadOnlySpan<KernelArgument> arguments) =>
        Check(launch(function, blocks, 1, 1, threads, 1, 1, 0, stream, values, null), "cuLaunchKernel");

    private void Check(int status, string what)
    {
        if (status == 0) return;
        byte* text = null;
        errorText(status, &text);
        throw new InferenceException(Fault.Internal, $"CUDA failed in {what}: {Marshal.PtrToStringUTF8((nint)text)} ({status}).");
    }
}
