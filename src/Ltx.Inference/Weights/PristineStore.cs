using Ltx.Inference.Native;

namespace Ltx.Inference.Weights;

/// <summary>
/// Weights that are read again and again, where a device can read them by itself: each comes from its file once and stays, or is read where
/// the file lies if that is in memory. What cannot be pinned is read through buffers, as if there were no store.
/// </summary>
/// <param name="link">the way to the device; must outlive this</param>
/// <param name="source">where they are to be</param>
internal sealed class PristineStore(IDeviceLink link, PristineSource source) : IDisposable
{
    private readonly Dictionary<(SafetensorsFile, string), PristineTensor> tensors = [];
    private readonly List<(nint Address, long Bytes)> pinned = [];
    private readonly HashSet<nint> registered = [];

    /// <summary>Bytes of memory of its own.</summary>
    public long Bytes => pinned.Sum(piece => piece.Bytes);

    /// <summary>Why not all of it is pinned; null where nothing was refused.</summary>
    public string? Refusal { get; private set; }

    /// <summary>What stands for a tensor here; null where nothing is kept. On the engine's thread.</summary>
    public PristineTensor? Of(SafetensorsFile file, TensorEntry entry)
    {
        if (source == PristineSource.File || file.IsImagined || entry.Length == 0) return null;
        if (tensors.TryGetValue((file, entry.Name), out PristineTensor? known)) return known;
        PristineTensor made = new(this, file, entry);
        tensors.Add((file, entry.Name), made);
        return made;
    }

    /// <summary>No copy from it may be under way.</summary>
    public void Dispose()
    {
        tensors.Clear();
        foreach (nint start in registered) Leave(start);
        registered.Clear();
        foreach ((nint address, long bytes) in pinned)
        {
            Leave(address);
            HostPages.Free(address, bytes);
        }
        pinned.Clear();
    }

    /// <summary>Where a tensor is from now on; null where it cannot be pinned. On the thread of the one reader that there is at a time.</summary>
    internal nint? Keep(SafetensorsFile file, TensorEntry entry)
    {
        if (Refusal is not null) return null;
        try
        {
            return source == PristineSource.Mapped ? Register(file, entry) : Pin(file, entry);
        }
        catch (Exception e) when (e is InferenceException or OutOfMemoryException)
        {
            string what = source == PristineSource.Mapped ? $"The pages of {file.Path} cannot be read by the device where they lie" : $"No more than {Bytes / 1e9:0.0} GB of pristine weights could be pinned in host memory";
            Refusal = $"{what}, so changing LoRAs reads the file through buffers, which is slower: {e.Message}";
            return null;
        }
    }

    private nint Register(SafetensorsFile file, TensorEntry entry)
    {
        // All at once: tensors share pages, and no page can be registered twice.
        (nint start, long bytes) = file.Pages;
        if (registered.Contains(start)) return file.Address(entry);
        link.Register(start, bytes, isReadOnly: true);
        registered.Add(start);
        return file.Address(entry);
    }

    private nint Pin(SafetensorsFile file, TensorEntry entry)
    {
        long bytes = HostPages.Whole(entry.Length);
        nint address = HostPages.Allocate(bytes), from = file.Address(entry);
        try
        {
            // Filled first: pages that are there are registered faster, and several processors make them while they copy.
            HostCopies.Copy(from, address, entry.Length);
            link.Register(address, bytes, isReadOnly: false);
        }
        catch
        {
            HostPages.Free(address, bytes);
            throw;
        }
        HostPages.Forget(from, entry.Length);
        pinned.Add((address, bytes));
        return address;
    }

    private void Leave(nint address)
    {
        try
        {
            link.Unregister(address);
        }
        catch (InferenceException)
        {
            // A device that has failed takes nothing back, and why it failed has been said.
        }
    }
}
