namespace Ltx.Inference.Native;

/// <summary>
/// The way between host and device: pinned host memory, a stream of its own for copies, and marks that order it against the stream
/// that libtorch computes in. Everything but <see cref="Await"/> returns at once. Not bound to a thread; each thread binds itself first.
/// </summary>
internal interface IDeviceLink : IDisposable
{
    /// <summary>To be called once by every thread that uses the link.</summary>
    void Bind();

    /// <summary>Host memory that the device can read and write by itself.</summary>
    nint Pin(long bytes);

    /// <summary>Gives it back; no copy from or to it may be under way.</summary>
    void Unpin(nint pinned);

    /// <summary>Lets the device read by itself host memory that is there already: whole pages, and none that has been registered before.</summary>
    /// <param name="address">the beginning of a page</param>
    /// <param name="bytes">whole pages</param>
    /// <param name="isReadOnly">whether the process may only read it, as a mapped file</param>
    /// <exception cref="InferenceException">The system or the driver refuses.</exception>
    void Register(nint address, long bytes, bool isReadOnly);

    /// <summary>Takes that back; no copy from it may be under way.</summary>
    void Unregister(nint address);

    /// <summary>Copies from pinned or registered memory to the device, behind all earlier copies.</summary>
    void Upload(nint device, nint pinned, long bytes);

    /// <summary>Copies from the device to pinned memory, behind all earlier copies.</summary>
    void Download(nint pinned, nint device, long bytes);

    /// <summary>A mark behind all copies so far.</summary>
    nint MarkCopies();

    /// <summary>A mark behind all that has been given to the device to compute so far, by the calling thread.</summary>
    nint MarkComputing();

    /// <summary>Lets later copies wait for a mark.</summary>
    void HoldCopies(nint mark);

    /// <summary>Lets what the calling thread computes later wait for a mark.</summary>
    void HoldComputing(nint mark);

    /// <summary>Lets the calling thread wait for a mark.</summary>
    void Await(nint mark);

    /// <summary>Drops a mark; who waits for it already goes on waiting.</summary>
    void Drop(nint mark);
}
