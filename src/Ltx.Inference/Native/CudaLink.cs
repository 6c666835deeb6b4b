namespace Ltx.Inference.Native;

/// <summary>The way to a CUDA device. Marks are CUDA events.</summary>
internal sealed class CudaLink : IDeviceLink
{
    private readonly int device;
    private readonly nint copies;

    public CudaLink(int device)
    {
        this.device = device;
        Bind();
        copies = CudaRuntime.NewStream();
    }

    public void Bind() => CudaRuntime.SetDevice(device);

    public nint Pin(long bytes) => CudaRuntime.AllocatePinned(bytes);

    public void Unpin(nint pinned) => CudaRuntime.FreePinned(pinned);

    public void Register(nint address, long bytes, bool isReadOnly) => CudaRuntime.Register(address, bytes, isReadOnly);

    public void Unregister(nint address) => CudaRuntime.Unregister(address);

    public void Upload(nint device, nint pinned, long bytes) => CudaRuntime.CopyToDevice(device, pinned, bytes, copies);

    public void Download(nint pinned, nint device, long bytes) => CudaRuntime.CopyToHost(pinned, device, bytes, copies);

    public nint MarkCopies() => CudaRuntime.Record(copies);

    public nint MarkComputing() => CudaRuntime.Record(CudaRuntime.ComputingStream(device));

    public void HoldCopies(nint mark) => CudaRuntime.Hold(copies, mark);

    public void HoldComputing(nint mark) => CudaRuntime.Hold(CudaRuntime.ComputingStream(device), mark);

    public void Await(nint mark) => CudaRuntime.Await(mark);

    public void Drop(nint mark) => CudaRuntime.FreeEvent(mark);

    public void Dispose() => CudaRuntime.FreeStream(copies);
}
