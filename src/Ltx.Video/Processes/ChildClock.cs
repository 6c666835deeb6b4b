using System.Diagnostics;

namespace Ltx.Video.Processes;

/// <summary>
/// The time limit of a child process. It runs from the start and stands still while <see cref="Pause"/> is held, which is while the
/// child waits for us and not we for it.
/// </summary>
internal sealed class ChildClock : IDisposable
{
    private readonly Lock gate = new();
    private readonly CancellationTokenSource expired = new();
    private TimeSpan left;
    private long runningSince;
    private int pauses;

    public ChildClock(TimeSpan limit)
    {
        left = limit;
        runningSince = Stopwatch.GetTimestamp();
        expired.CancelAfter(limit);
    }

    /// <summary>Cancelled when the time is up.</summary>
    public CancellationToken Expired => expired.Token;

    public IDisposable Pause()
    {
        lock (gate)
        {
            if (pauses++ == 0)
            {
                left -= Stopwatch.GetElapsedTime(runningSince);
                expired.CancelAfter(Timeout.InfiniteTimeSpan);
            }
        }

        return new Pausing(this);
    }

    public void Dispose() => expired.Dispose();

    private void Resume()
    {
        lock (gate)
        {
            if (--pauses == 0)
            {
                runningSince = Stopwatch.GetTimestamp();
                expired.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            }
        }
    }

    private sealed class Pausing(ChildClock clock) : IDisposable
    {
        public void Dispose() => clock.Resume();
    }
}
