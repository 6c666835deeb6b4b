using System.Runtime.InteropServices;
using Ltx.Inference.Native;

namespace Ltx.Inference.Tests.Weights;

/// <summary>
/// A device in host memory whose copies happen as late as they may: when somebody waits for them. What is overwritten, freed or read too
/// early shows in the numbers. Fails a test that frees memory in use.
/// </summary>
internal sealed unsafe class LateLink : IDeviceLink
{
    private readonly Lock gate = new();
    private readonly Dictionary<nint, long> pinned = [];
    private readonly Dictionary<nint, (long Bytes, bool IsReadOnly)> registered = [];
    private readonly Queue<(nint To, nint From, long Bytes)> pending = new();
    private readonly Dictionary<nint, long> marks = [];
    private readonly List<LateLink> guests = [];
    private readonly LateLink? host;
    private volatile bool isAsked;
    private long handed, done;
    private nint nextMark;

    /// <param name="host">a link to the same device, whose registered memory is this one's, too</param>
    public LateLink(LateLink? host = null)
    {
        this.host = host;
        host?.guests.Add(this);
    }

    /// <summary>What was asked of the link, in order.</summary>
    public List<string> Log { get; } = [];

    /// <summary>What went wrong that a device would not tell.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Which upload fails, from 1; 0 for none.</summary>
    public int FailingUpload { get; init; }

    /// <summary>Which pinning fails, from 1; 0 for none.</summary>
    public int FailingPin { get; init; }

    /// <summary>Opened while it is not 0: uploads wait for it, so that a test can act while one is under way.</summary>
    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    /// <summary>Which registering fails, from 1; 0 for none.</summary>
    public int FailingRegister { get; init; }

    /// <summary>Memory that is registered now: bytes, and whether it is only read.</summary>
    public IReadOnlyDictionary<nint, (long Bytes, bool IsReadOnly)> Registered => registered;

    /// <summary>Bytes that are pinned now.</summary>
    public long PinnedBytes => pinned.Values.Sum();

    public int Registers { get; private set; }

    public int Uploads { get; private set; }

    /// <summary>Whether an upload has come as far as the gate.</summary>
    public bool IsAsked => isAsked;

    public int Pins { get; private set; }

    public int Awaits { get; private set; }

    public int MarksLeft => marks.Count;

    public int PinnedLeft => pinned.Count;

    public bool IsDisposed { get; private set; }

    public void Bind()
    {
    }

    public nint Pin(long bytes)
    {
        lock (gate)
        {
            if (++Pins == FailingPin) throw new InferenceException(Fault.Internal, "there is no memory to pin");
            nint address = (nint)NativeMemory.Alloc((nuint)bytes);
            pinned.Add(address, bytes);
            return address;
        }
    }

    public void Unpin(nint address)
    {
        lock (gate)
        {
            long bytes = pinned[address];
            if (pending.Any(copy => copy.From >= address && copy.From < address + (nint)bytes)) Faults.Add("memory was freed while it was copied from");
            pinned.Remove(address);
            NativeMemory.Free((void*)address);
        }
    }

    public void Register(nint address, long bytes, bool isReadOnly)
    {
        lock (gate)
        {
            if (++Registers == FailingRegister) throw new InferenceException(Fault.Internal, "the driver registers nothing more");
            long page = Environment.SystemPageSize;
            if (address % page != 0 || bytes % page != 0) Faults.Add("parts of pages were registered");
            if (registered.Any(other => address < other.Key + (nint)other.Value.Bytes && other.Key < address + (nint)bytes)) Faults.Add("a page was registered twice");
            registered.Add(address, (bytes, isReadOnly));
        }
    }

    public void Unregister(nint address)
    {
        lock (gate)
        {
            long bytes = registered[address].Bytes;
            if (guests.Append(this).SelectMany(link => link.pending).Any(copy => copy.From >= address && copy.From < address + (nint)bytes)) Faults.Add("memory was taken back while it was copied from");
            registered.Remove(address);
        }
    }

    public void Upload(nint device, nint from, long bytes)
    {
        isAsked = true;
        Gate.Wait(TimeSpan.FromSeconds(60));
        lock (gate)
        {
            IEnumerable<KeyValuePair<nint, (long Bytes, bool)>> there = host is null ? registered : registered.Concat(host.registered);
            if (!pinned.Any(piece => Holds(piece.Key, piece.Value)) && !there.Any(piece => Holds(piece.Key, piece.Value.Bytes))) Faults.Add("memory was uploaded that is not pinned");
            if (++Uploads == FailingUpload) throw new InferenceException(Fault.Internal, "the device is gone");
            Log.Add("upload");
            pending.Enqueue((device, from, bytes));
            handed++;
        }

        bool Holds(nint start, long length) => from >= start && from + (nint)bytes <= start + (nint)length;
    }

    public void Download(nint to, nint device, long bytes)
    {
        lock (gate)
        {
            pending.Enqueue((to, device, bytes));
            handed++;
        }
    }

    public nint MarkCopies()
    {
        lock (gate)
        {
            marks.Add(++nextMark, handed);
            return nextMark;
        }
    }

    public nint MarkComputing()
    {
        lock (gate)
        {
            // What is computed here has been computed already.
            marks.Add(++nextMark, 0);
            Log.Add($"computing {nextMark}");
            return nextMark;
        }
    }

    public void HoldCopies(nint mark)
    {
        lock (gate) Log.Add($"hold {mark}");
    }

    public void HoldComputing(nint mark) => Run(mark);

    public void Await(nint mark)
    {
        Awaits++;
        Run(mark);
    }

    public void Drop(nint mark)
    {
        lock (gate)
        {
            if (!marks.Remove(mark)) Faults.Add("a mark was dropped twice");
        }
    }

    public void Dispose() => IsDisposed = true;

    private void Run(nint mark)
    {
        lock (gate)
        {
            for (long until = marks[mark]; done < until; done++)
            {
                (nint to, nint from, long bytes) = pending.Dequeue();
                Buffer.MemoryCopy((void*)from, (void*)to, bytes, bytes);
            }
        }
    }
}
