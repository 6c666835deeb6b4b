using System.Collections.Concurrent;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Observability;
using Ltx.Server.Storage;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Queue;

/// <summary>
/// The queue: the database's unfinished requests, mirrored in memory. Every change of state is on disk before anybody is told of it; the
/// memory only ever runs behind the disk, never ahead.
/// </summary>
internal sealed partial class RequestQueue(
    LtxOptions options,
    RequestStore store,
    TrainingFolders trainings,
    WebhookQueue webhooks,
    ServerMetrics metrics,
    TimeProvider clock,
    ILogger<RequestQueue> logger) : IDisposable
{
    private readonly ConcurrentDictionary<string, LiveRequest> _live = new();
    private readonly WaitingRooms _waiting = new(options.Queue.GroupWindow, options.Queue.MaxOvertakes);

    /// <summary>Waiting requests that must have started by a time, the earliest first.</summary>
    private readonly SortedSet<LiveRequest> _deadlines = new(Comparer<LiveRequest>.Create((a, b) =>
        (a.Stored.StartDeadline, a.Stored.Sequence).CompareTo((b.Stored.StartDeadline, b.Stored.Sequence))));

    /// <summary>By kind of work, as many as wait.</summary>
    private readonly SemaphoreSlim[] _available = [.. Enum.GetValues<JobKind>().Select(_ => new SemaphoreSlim(0))];

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _recovered = NewSignal();
    private TaskCompletionSource _moved = NewSignal();

    /// <summary>Completes once everything that the last stop left is back.</summary>
    public Task Recovered => _recovered.Task;

    /// <summary>Set when the server begins to stop: nothing new is taken in and nothing waiting is started.</summary>
    public bool Draining { get; private set; }

    public int WaitingCount
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Completes at the next change of what waits, or of a request's state.</summary>
    public Task Moved
    {
        get
        {
            lock (_gate)
            {
                return _moved.Task;
            }
        }
    }

    public IEnumerable<LiveRequest> Running => _live.Values.Where(r => r.IsTaken);

    public int WaitingIn(Lane lane)
    {
        lock (_gate)
        {
            return _waiting.CountOf(lane);
        }
    }

    /// <summary>Why a request of that owner cannot be taken in now, or null.</summary>
    public FalError? Refusal(string owner, WaitingBounds bounds)
    {
        lock (_gate)
        {
            return bounds.Refusal(_waiting.Count, _waiting.CountOf(bounds.Kind), _waiting.CountOf(owner));
        }
    }

    public LiveRequest? FindLive(string id) => _live.GetValueOrDefault(id);

    /// <summary>Brings back what the last stop left: waiting requests wait, running ones are tried again or have failed, sync ones have lost their client.</summary>
    /// <exception cref="DataFolderException">The database cannot be used. Opening it reads little of it: damage may be met here first.</exception>
    public async Task RecoverAsync()
    {
        try
        {
            var logs = store.UnfinishedLogs();
            List<LiveRequest> waiting = [];
            List<Task> writes = []; // together, so that they share commits
            foreach (var stored in store.Unfinished())
            {
                LiveRequest request = new(stored);
                foreach (var line in logs[stored.Id])
                {
                    request.AddLog(line, int.MaxValue);
                }

                _live[stored.Id] = request;
                if (stored.CancelRequested)
                {
                    writes.Add(CompleteAsync(request, RequestOutcome.Failure(FalError.Cancelled())));
                }
                else if (stored.Sync)
                {
                    writes.Add(CompleteAsync(request, RequestOutcome.Failure(FalError.Disconnected())));
                }
                else if (stored.State == RequestState.Running && (stored.NoRetry || request.AttemptsInVain >= options.Queue.MaxAttempts))
                {
                    writes.Add(CompleteAsync(request, RequestOutcome.Failure(FalError.RunnerLost(request.AttemptsInVain))));
                }
                else
                {
                    if (stored.State == RequestState.Running)
                    {
                        writes.Add(store.RequeueAsync(stored.Id, countAttempt: true));
                        var number = request.AttemptsInVain > 0 ? $"{request.AttemptsInVain} of {options.Queue.MaxAttempts}" : $"{stored.Attempts}";
                        Log(request, "WARN", $"The server stopped during attempt {number}; the request waits again.");
                    }

                    waiting.Add(request);
                }
            }

            await Task.WhenAll(writes);
            trainings.RemoveOthers(waiting.Select(request => request.Id));
            Enqueue(waiting);
            _recovered.SetResult();
        }
        catch (SqliteException e)
        {
            var unusable = store.Unusable(e);
            _recovered.SetException(unusable);
            throw unusable;
        }
        catch (Exception e)
        {
            _recovered.SetException(e);
            throw;
        }
    }

    /// <summary>Takes a request in, or says why it cannot wait. When this returns it is on disk.</summary>
    public async Task<(LiveRequest? Request, FalError? Error)> SubmitAsync(NewRequest request, WaitingBounds bounds)
    {
        // The recovery would find it on disk, and there would be two of it: one that runs, and one that is known and can be stopped.
        await Recovered;
        lock (_gate)
        {
            // Whoever is on the way to the disk has a place already, or any number would find the last one free.
            if (bounds.Refusal(_waiting.Count, _waiting.CountOf(bounds.Kind), _waiting.CountOf(request.Owner)) is { } refusal)
            {
                return (null, refusal);
            }

            _waiting.Reserve(bounds.Kind, request.Owner);
        }

        LiveRequest? live = null;
        try
        {
            live = await StoreAsync(request);
        }
        finally
        {
            lock (_gate)
            {
                _waiting.Unreserve(bounds.Kind, request.Owner);
                if (live is not null)
                {
                    Wait([live]);
                }
            }
        }

        Log(live, "INFO", live.Position == 0 ? "Waiting for a worker." : $"Waiting in the queue, {live.Position} in front.");
        return (live, null);
    }

    private async Task<LiveRequest> StoreAsync(NewRequest request)
    {
        var now = clock.GetUtcNow();
        var sequence = await store.InsertAsync(request, now);
        LiveRequest live = new(StoredRequest.Of(request, sequence, now));
        _live[request.Id] = live;
        return live;
    }

    /// <summary>The next request for a worker of that kind; its attempt is counted on disk. Null: the server is stopping.</summary>
    public async Task<LiveRequest?> TakeAsync(JobKind kind, string? loadedLoraSet, CancellationToken ct)
    {
        while (!Draining)
        {
            await _available[(int)kind].WaitAsync(ct);
            LiveRequest? request;
            lock (_gate)
            {
                request = Draining ? null : _waiting.Take(kind, loadedLoraSet);
                if (request is not null)
                {
                    _deadlines.Remove(request);
                    request.Attempts++;
                    request.StartedAt = clock.GetUtcNow();
                    request.Running = new CancellationTokenSource();
                    SignalMoved();
                }
            }

            if (request is not null)
            {
                try
                {
                    await store.StartAsync(request.Id, request.StartedAt!.Value);
                }
                catch
                {
                    PutBack(request);
                    throw;
                }

                metrics.Started(request.StartedAt.Value - request.Stored.SubmittedAt);
                lock (_gate)
                {
                    request.State = RequestState.Running;
                    SignalMoved();
                }

                request.Signal();
                return request;
            }
        }

        return null;
    }

    /// <summary>What a worker would take next; it goes on waiting. Null: nothing, or the server is stopping.</summary>
    public LiveRequest? Next(JobKind kind, string? loadedLoraSet, Func<LiveRequest, bool> except)
    {
        lock (_gate)
        {
            return Draining ? null : _waiting.Peek(kind, loadedLoraSet, except);
        }
    }

    /// <summary>Puts a running request back to its old place.</summary>
    public async Task RequeueAsync(LiveRequest request, bool countAttempt)
    {
        await store.RequeueAsync(request.Id, countAttempt);
        request.Attempts -= countAttempt ? 0 : 1;
        request.Proven = Math.Min(request.Proven, request.Attempts);
        request.ResetStop();
        Enqueue([request]);
    }

    /// <summary>Undoes a take that the disk does not know of.</summary>
    private void PutBack(LiveRequest request)
    {
        request.Attempts--;
        request.StartedAt = null;
        request.ResetStop();
        Enqueue([request]);
    }

    /// <summary>Cancels a waiting request at once and tells a running one to stop. The wish is on disk when this returns.</summary>
    public async Task<CancelAnswer> CancelAsync(LiveRequest request, StopReason reason)
    {
        bool waited;
        lock (_gate)
        {
            waited = _waiting.Remove(request);
            _deadlines.Remove(request);
            SignalMoved();
        }

        if (waited)
        {
            await CompleteWaitingAsync(request, reason == StopReason.ClientDisconnected ? FalError.Disconnected() : FalError.Cancelled());
            return CancelAnswer.Requested;
        }

        if (request.Finished.Task.IsCompleted)
        {
            return CancelAnswer.AlreadyCompleted;
        }

        await store.RequestCancelAsync(request.Id);
        request.Stop(reason);
        return CancelAnswer.Requested;
    }

    /// <summary>
    /// Notes that the attempt that runs has got further than those before it. It reaches the disk soon, not before this returns: a crash in between
    /// counts the attempt.
    /// </summary>
    public void Prove(LiveRequest request)
    {
        if (request.AttemptsInVain > 0)
        {
            _ = Keep(request.Attempts);
        }

        async Task Keep(int attempts)
        {
            try
            {
                await store.ProveAsync(request.Id);
                request.Proven = Math.Min(attempts, request.Attempts);
            }
            catch (SqliteException e)
            {
                NotProven(logger, request.Id, e); // the next step that is kept is noted, too
            }
        }
    }

    /// <summary>Ends a request: outcome, outputs and owed webhook in one commit, then everybody who waits for it is told.</summary>
    public async Task CompleteAsync(LiveRequest request, RequestOutcome outcome)
    {
        var now = clock.GetUtcNow();
        await store.CompleteAsync(request.Id, outcome, now, forgets: !request.Stored.StoreIo);
        if (!request.Stored.StoreIo)
        {
            store.DeleteInputFile(request.Id);
        }

        if (request.Kind == JobKind.Training)
        {
            trainings.Remove(request.Id);
        }

        metrics.Completed(outcome.StatusCode, outcome.ErrorType); // whoever sees the end finds it counted
        lock (_gate)
        {
            request.State = RequestState.Completed;
            SignalMoved();
        }

        _live.TryRemove(request.Id, out _);
        Ended(logger, request.Id, outcome.StatusCode, outcome.ErrorType ?? "none", (now - request.Stored.SubmittedAt).TotalSeconds);
        request.Finished.TrySetResult();
        request.Signal();
        webhooks.Wake();
    }

    /// <summary>Adds a line for the client. It reaches the disk soon, not before this returns: a line lost in a crash harms nobody.</summary>
    public void Log(LiveRequest request, string level, string message)
    {
        LogLine line = new(clock.GetUtcNow(), level, FalMessages.Shorten(message));
        var number = request.AddLog(line, options.Queue.MaxLogLines);
        if (number >= 0)
        {
            _ = Keep(request.Id, number, line);
        }

        async Task Keep(string id, int n, LogLine l)
        {
            try
            {
                await store.AddLogAsync(id, n, l);
            }
            catch (SqliteException e)
            {
                LogLost(logger, id, e);
            }
        }
    }

    /// <summary>Nothing new starts from here on; workers that wait for work come back empty-handed.</summary>
    public void BeginDrain()
    {
        lock (_gate)
        {
            Draining = true;
            SignalMoved();
        }

        _available[(int)JobKind.Inpaint].Release(options.Queue.Workers);
        _available[(int)JobKind.Training].Release();
    }

    /// <summary>Tells the clients of waiting sync runs that the server stops; nobody could answer them later.</summary>
    public async Task EndWaitingSyncAsync()
    {
        List<LiveRequest> ended;
        lock (_gate)
        {
            ended = _waiting.Remove([.. _waiting.All.Where(r => r.Stored.Sync)]);
            ended.ForEach(r => _deadlines.Remove(r));
            SignalMoved();
        }

        await Task.WhenAll(ended.Select(request => CompleteWaitingAsync(request, FalError.Stopping())));
    }

    /// <summary>Ends waiting requests whose client gave up on their start.</summary>
    public async Task EndOverdueAsync()
    {
        var now = clock.GetUtcNow();
        List<LiveRequest> overdue = [];
        lock (_gate)
        {
            while (_deadlines.Min is { } request && request.Stored.StartDeadline <= now)
            {
                _deadlines.Remove(request);
                overdue.Add(request);
            }

            if (overdue.Count > 0)
            {
                overdue = _waiting.Remove(overdue);
                SignalMoved();
            }
        }

        await Task.WhenAll(overdue.Select(request => CompleteWaitingAsync(request, FalError.StartDeadlinePassed())));
    }

    /// <summary>Ends a request that has just been taken out of those that wait. Where its end cannot be stored it waits on.</summary>
    private async Task CompleteWaitingAsync(LiveRequest request, FalError error)
    {
        try
        {
            await CompleteAsync(request, RequestOutcome.Failure(error));
        }
        catch
        {
            Enqueue([request]);
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var available in _available)
        {
            available.Dispose();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Call under the lock.</summary>
    private void SignalMoved()
    {
        _moved.TrySetResult();
        _moved = NewSignal();
    }

    private void Enqueue(List<LiveRequest> requests)
    {
        lock (_gate)
        {
            Wait(requests);
        }
    }

    /// <summary>Call under the lock.</summary>
    private void Wait(List<LiveRequest> requests)
    {
        foreach (var request in requests)
        {
            request.State = RequestState.Queued;
            if (request.Stored.StartDeadline is not null && request.Attempts == 0)
            {
                _deadlines.Add(request);
            }
        }

        _waiting.Add(requests);
        SignalMoved();
        requests.ForEach(request => request.Signal());
        foreach (var group in requests.GroupBy(request => request.Kind))
        {
            _available[(int)group.Key].Release(group.Count());
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Request {Id} ended with {Status} ({ErrorType}) after {Seconds:F1} s")]
    private static partial void Ended(ILogger logger, string id, int status, string errorType, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "It could not be noted that request {Id} has got further")]
    private static partial void NotProven(ILogger logger, string id, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A log line of request {Id} could not be stored")]
    private static partial void LogLost(ILogger logger, string id, Exception e);
}
