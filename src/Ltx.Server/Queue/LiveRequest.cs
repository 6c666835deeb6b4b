using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>
/// A request that waits or runs, in memory: what a status call answers from. Its input stays on disk. Once completed it is dropped, so
/// memory holds what is unfinished and nothing else.
/// </summary>
internal sealed class LiveRequest(StoredRequest stored)
{
    private readonly Lock _gate = new();
    private readonly List<LogLine> _logs = [];
    private TaskCompletionSource? _changed;
    private RunProgress? _progress;
    private int _overtaken;

    public StoredRequest Stored { get; } = stored;

    public string Id => Stored.Id;

    public JobKind Kind { get; } = stored.Application.Kind;

    /// <summary>As it is on disk, and never ahead of it. Written under the queue's lock.</summary>
    public RequestState State { get; set; } = RequestState.Queued;

    /// <summary>Requests in front of this one; kept by the queue.</summary>
    public int Position { get; set; }

    public int Attempts { get; set; } = stored.Attempts;

    /// <summary>How many attempts there were when one last got further than those before it. Never ahead of the disk.</summary>
    public int Proven { get; set; } = stored.Proven;

    /// <summary>Attempts since then, the present one included: so many are too many.</summary>
    public int AttemptsInVain => Attempts - Proven;

    public DateTimeOffset? StartedAt { get; set; }

    public StopReason StopReason { get; private set; }

    /// <summary>Ends when the request's end is on disk.</summary>
    public TaskCompletionSource Finished { get; } = NewSignal();

    /// <summary>How often a request behind this one was taken first.</summary>
    public int Overtaken => _overtaken;

    /// <summary>Cancels the attempt that is running.</summary>
    public CancellationTokenSource? Running { get; set; }

    /// <summary>Whether a worker has it, be it that the disk does not know yet.</summary>
    public bool IsTaken => Running is not null;

    /// <summary>Whether it is still to be taken.</summary>
    public bool IsWaiting => State == RequestState.Queued && !IsTaken;

    public RunProgress? Progress
    {
        get
        {
            lock (_gate)
            {
                return _progress;
            }
        }
    }

    /// <summary>Completes at the next change of state, position, progress or log.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return (_changed ??= NewSignal()).Task;
            }
        }
    }

    /// <summary>The line that an attempt begins with.</summary>
    /// <param name="most">how many attempts there may be in vain</param>
    public string Beginning(int most) =>
        Attempts == 1 ? "Started." : Proven > 0 ? $"Started again, attempt {Attempts}." : $"Started, attempt {Attempts} of {most}.";

    public void CountOvertaking() => _overtaken++;

    public IReadOnlyList<LogLine> Logs(int skip = 0)
    {
        lock (_gate)
        {
            return _logs.Count <= skip ? [] : _logs.GetRange(skip, _logs.Count - skip);
        }
    }

    /// <summary>Returns the line's number, or -1 when the log is full.</summary>
    public int AddLog(LogLine line, int most)
    {
        int number;
        lock (_gate)
        {
            if (_logs.Count >= most)
            {
                return -1;
            }

            number = _logs.Count;
            _logs.Add(number == most - 1 ? line with { Level = "WARN", Message = "The log is full; further lines are left out." } : line);
        }

        Signal();
        return number;
    }

    public void SetProgress(RunProgress? progress)
    {
        lock (_gate)
        {
            _progress = progress;
        }

        Signal();
    }

    /// <summary>The first reason counts: a cancelled request stays cancelled when the server stops a moment later.</summary>
    public void Stop(StopReason reason)
    {
        CancellationTokenSource? running;
        lock (_gate)
        {
            if (StopReason != StopReason.None)
            {
                return;
            }

            StopReason = reason;
            running = Running;
        }

        try
        {
            running?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The attempt ended between the two lines; whoever ends it looks at StopReason.
        }
    }

    /// <summary>Makes the request ready for another attempt.</summary>
    public void ResetStop()
    {
        lock (_gate)
        {
            StopReason = StopReason.None;
            Running = null;
            _progress = null;
        }
    }

    public void Signal()
    {
        TaskCompletionSource? changed;
        lock (_gate)
        {
            (changed, _changed) = (_changed, null); // most are waited for by nobody, and a move of the queue signals all of them
        }

        changed?.TrySetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Why a running request was told to stop.</summary>
internal enum StopReason
{
    None,
    Cancelled,
    ClientDisconnected,
    TimedOut,
    ServerStopping,
}

/// <summary>One line that the client sees. <paramref name="Level"/> is one of fal's: ERROR, INFO, WARN, DEBUG.</summary>
internal sealed record LogLine(DateTimeOffset At, string Level, string Message);
