using System.Runtime.InteropServices;

namespace Ltx.Inference.Native;

/// <summary>The way to a device that is the host itself: plain memory, and copies that are done at once, so that marks mean nothing.</summary>
internal sealed unsafe class HostLink : IDeviceLink
{
    public void Bind()
    {
    }

    public nint Pin(long bytes) => (nint)NativeMemory.Alloc((nuint)bytes);

    public void Unpin(nint pinned) => NativeMemory.Free((void*)pinned);

    public void Register(nint address, long bytes, bool isReadOnly)
    {
    }

    public void Unregister(nint address)
    {
    }

    public void Upload(nint device, nint pinned, long bytes) => Copy(pinned, device, bytes);

    public void Download(nint pinned, nint device, long bytes) => Copy(device, pinned, bytes);

    public nint MarkCopies() => 0;

    public nint MarkComputing() => 0;

    public void HoldCopies(nint mark)
    {
    }

    public void HoldComputing(nint mark)
    {
    }

    public void Await(nint mark)
    {
    }

    public void Drop(nint mark)
    {
    }

    public void Dispose()
    {
    }

    private static void Copy(nint from, nint to, long bytes) => Buffer.MemoryCopy((void*)from, (void*)to, bytes, bytes);
}
