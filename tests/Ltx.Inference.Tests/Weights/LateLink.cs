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
    private readonly Queue<(nint To, nint From, long Bytes)> pending = new();
    private readonly Dictionary<nint, long> marks = [];
    private long handed, done;
    private nint nextMark;

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

    public int Uploads { get; private set; }

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
        if (++Pins == FailingPin) throw new InferenceException(Fault.Internal, "there is no memory to pin");
        nint address = (nint)NativeMemory.Alloc((nuint)bytes);
        pinned.Add(address, bytes);
        return address;
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

    public void Upload(nint device, nint from, long bytes)
    {
        Gate.Wait(TimeSpan.FromSeconds(60));
        lock (gate)
        {
            if (++Uploads == FailingUpload) throw new InferenceException(Fault.Internal, "the device is gone");
            Log.Add("upload");
            pending.Enqueue((device, from, bytes));
            handed++;
        }
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
