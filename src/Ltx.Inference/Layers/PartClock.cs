using System.Diagnostics;
using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// Measures the parts of what its thread computes, each without what is within it. A mark is set wherever a part begins or ends, and the time
/// between two marks belongs to the innermost part that is open between them, so that all parts together are the whole. On a CPU a mark is a
/// time; on a CUDA device it is an event in the stream that is computed in, so that nothing waits, and what the device idled is within the
/// part that it idled before.
/// </summary>
internal sealed class PartClock : IPartWatcher, IDisposable
{
    private const string Rest = "rest";

    private readonly Device device;
    private readonly nint stream;
    private readonly Stack<PartName> open = [];
    private readonly List<(nint Event, long Time, PartName Since)> marks = [];
    private readonly Dictionary<PartName, int> entered = [];
    private PartName inner = new(Rest, Rest);

    /// <summary>Begins to measure the calling thread, until it is stopped or disposed.</summary>
    public PartClock(Device device)
    {
        this.device = device;
        if (IsCuda) stream = CudaRuntime.ComputingStream(Math.Max(0, device.index));
        Part.Watch(this);
        Mark();
    }

    private bool IsCuda => device.type == DeviceType.CUDA;

    public void Enter(string? place, string? kind)
    {
        open.Push(inner);
        PartName next = new(place ?? inner.Place, kind ?? Rest);
        entered[next] = entered.GetValueOrDefault(next) + 1;
        Change(next);
    }

    public void Leave() => Change(open.Pop());

    /// <summary>Ends the measuring and waits for the device.</summary>
    public PartProfile Stop()
    {
        Mark();
        Part.Unwatch(this);
        // From mark to mark, so that what the host does around them (a collection, another program) is not taken for a part that is missing.
        TimeSpan submitted = Stopwatch.GetElapsedTime(marks[0].Time, marks[^1].Time), whole = submitted;
        if (IsCuda)
        {
            CudaRuntime.Await(marks[^1].Event);
            whole = Stopwatch.GetElapsedTime(marks[0].Time);
        }
        Dictionary<PartName, TimeSpan> times = [];
        for (int i = 1; i < marks.Count; i++) times[marks[i].Since] = times.GetValueOrDefault(marks[i].Since) + Between(i - 1, i);
        return new PartProfile([.. times.Select(part => new PartTime(part.Key.Place, part.Key.Kind, part.Value, entered.GetValueOrDefault(part.Key)))], whole, submitted);
    }

    public void Dispose()
    {
        Part.Unwatch(this);
        foreach ((nint mark, _, _) in marks.Where(mark => mark.Event != 0)) CudaRuntime.FreeEvent(mark);
        marks.Clear();
    }

    private void Change(PartName next)
    {
        // A part within one of the same name goes on.
        if (next == inner) return;
        Mark();
        inner = next;
    }

    private void Mark() => marks.Add((IsCuda ? CudaRuntime.RecordTime(stream) : 0, Stopwatch.GetTimestamp(), inner));

    private TimeSpan Between(int from, int to) => IsCuda ? CudaRuntime.Elapsed(marks[from].Event, marks[to].Event) : Stopwatch.GetElapsedTime(marks[from].Time, marks[to].Time);

    private readonly record struct PartName(string Place, string Kind);
}
