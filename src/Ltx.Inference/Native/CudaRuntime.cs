using System.Runtime.InteropServices;

namespace Ltx.Inference.Native;

/// <summary>
/// The few functions of the CUDA runtime that TorchSharp has no word for, asked of the runtime that came with libtorch. Signatures and
/// numbers: CUDA Runtime API (driver_types.h, cuda_runtime_api.h), the same in CUDA 11 to 13.
/// </summary>
internal static unsafe class CudaRuntime
{
    private const uint StreamNonBlocking = 1, EventDisableTiming = 2, HostRegisterPortable = 1, HostRegisterReadOnly = 8;
    private const int HostToDevice = 1, DeviceToHost = 2, ComputeCapabilityMajor = 75, ComputeCapabilityMinor = 76;

    /// <summary>Makes a device the calling thread's own; every thread has to.</summary>
    internal static void SetDevice(int device) => Check(((delegate* unmanaged<int, int>)Export("cudaSetDevice"))(device), "cudaSetDevice");

    /// <summary>Major and minor compute capability as one number: 89 for 8.9.</summary>
    internal static int Capability(int device) => 10 * Attribute(ComputeCapabilityMajor, device) + Attribute(ComputeCapabilityMinor, device);

    /// <summary>Host memory that a device can read by itself.</summary>
    internal static nint AllocatePinned(long bytes)
    {
        nint address = 0;
        Check(((delegate* unmanaged<nint*, nuint, int>)Export("cudaMallocHost"))(&address, (nuint)bytes), $"cudaMallocHost of {bytes} bytes");
        return address;
    }

    internal static void FreePinned(nint address) => Check(((delegate* unmanaged<nint, int>)Export("cudaFreeHost"))(address), "cudaFreeHost");

    /// <summary>Lets every device read host memory by itself that was not pinned when it was allocated.</summary>
    internal static void Register(nint address, long bytes, bool isReadOnly) =>
        Check(((delegate* unmanaged<nint, nuint, uint, int>)Export("cudaHostRegister"))(address, (nuint)bytes, HostRegisterPortable | (isReadOnly ? HostRegisterReadOnly : 0)), $"cudaHostRegister of {bytes} bytes");

    internal static void Unregister(nint address) => Check(((delegate* unmanaged<nint, int>)Export("cudaHostUnregister"))(address), "cudaHostUnregister");

    /// <summary>A stream that does not wait for the default one.</summary>
    internal static nint NewStream()
    {
        nint stream = 0;
        Check(((delegate* unmanaged<nint*, uint, int>)Export("cudaStreamCreateWithFlags"))(&stream, StreamNonBlocking), "cudaStreamCreateWithFlags");
        return stream;
    }

    internal static void FreeStream(nint stream) => Check(((delegate* unmanaged<nint, int>)Export("cudaStreamDestroy"))(stream), "cudaStreamDestroy");

    internal static void CopyToDevice(nint device, nint pinned, long bytes, nint stream) => Copy(device, pinned, bytes, HostToDevice, stream);

    internal static void CopyToHost(nint pinned, nint device, long bytes, nint stream) => Copy(pinned, device, bytes, DeviceToHost, stream);

    /// <summary>An event behind everything that a stream has been given.</summary>
    internal static nint Record(nint stream)
    {
        nint mark = 0;
        Check(((delegate* unmanaged<nint*, uint, int>)Export("cudaEventCreateWithFlags"))(&mark, EventDisableTiming), "cudaEventCreateWithFlags");
        Check(((delegate* unmanaged<nint, nint, int>)Export("cudaEventRecord"))(mark, stream), "cudaEventRecord");
        return mark;
    }

    /// <summary>The same, with the time at which the device gets there.</summary>
    internal static nint RecordTime(nint stream)
    {
        nint mark = 0;
        Check(((delegate* unmanaged<nint*, uint, int>)Export("cudaEventCreateWithFlags"))(&mark, 0), "cudaEventCreateWithFlags");
        Check(((delegate* unmanaged<nint, nint, int>)Export("cudaEventRecord"))(mark, stream), "cudaEventRecord");
        return mark;
    }

    /// <summary>What the device took between two events that have passed; half a microsecond is what it can tell.</summary>
    internal static TimeSpan Elapsed(nint from, nint to)
    {
        float milliseconds = 0;
        // Runtimes of 12.8 and later export it as _v2, too; one of them may drop the older name.
        Check(((delegate* unmanaged<float*, nint, nint, int>)Export("cudaEventElapsedTime_v2", "cudaEventElapsedTime"))(&milliseconds, from, to), "cudaEventElapsedTime");
        return TimeSpan.FromMilliseconds(milliseconds);
    }

    /// <summary>Lets what a stream is given from now on wait for an event.</summary>
    internal static void Hold(nint stream, nint mark) => Check(((delegate* unmanaged<nint, nint, uint, int>)Export("cudaStreamWaitEvent"))(stream, mark, 0), "cudaStreamWaitEvent");

    /// <summary>Lets the calling thread wait for an event.</summary>
    internal static void Await(nint mark) => Check(((delegate* unmanaged<nint, int>)Export("cudaEventSynchronize"))(mark), "cudaEventSynchronize");

    internal static void FreeEvent(nint mark) => Check(((delegate* unmanaged<nint, int>)Export("cudaEventDestroy"))(mark), "cudaEventDestroy");

    /// <summary>The stream that libtorch computes in on the calling thread.</summary>
    internal static nint ComputingStream(int device)
    {
        // aoti_torch_get_current_cuda_stream(int32_t device_index, void** ret_stream): part of libtorch's stable C interface, in libtorch_cuda.
        nint stream = 0;
        StableInterface.Check(((delegate* unmanaged<int, nint*, int>)Export("aoti_torch_get_current_cuda_stream"))(device, &stream), "get_current_cuda_stream");
        return stream;
    }

    private static void Copy(nint to, nint from, long bytes, int kind, nint stream) =>
        Check(((delegate* unmanaged<nint, nint, nuint, int, nint, int>)Export("cudaMemcpyAsync"))(to, from, (nuint)bytes, kind, stream), "cudaMemcpyAsync");

    private static int Attribute(int attribute, int device)
    {
        int value = 0;
        Check(((delegate* unmanaged<int*, int, int, int>)Export("cudaDeviceGetAttribute"))(&value, attribute, device), "cudaDeviceGetAttribute");
        return value;
    }

    // A library's handle also finds what the library depends on: the runtime's own functions, whatever its file is called.
    private static nint Export(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (LibTorch.TryGetCudaExport(name, out nint address)) return address;
        }
        throw new InferenceException(Fault.Internal, $"This libtorch ({LibTorch.Folder}) brings no {names[^1]}.");
    }

    private static void Check(int status, string what)
    {
        if (status == 0) return;
        // What failed here is told here: libtorch looks for the runtime's last error behind its own kernels, and would blame one of them.
        ((delegate* unmanaged<int>)Export("cudaGetLastError"))();
        string text = Marshal.PtrToStringUTF8(((delegate* unmanaged<int, nint>)Export("cudaGetErrorString"))(status)) ?? "";
        throw new InferenceException(Fault.Internal, $"CUDA failed in {what}: {text} ({status}).");
    }
}
