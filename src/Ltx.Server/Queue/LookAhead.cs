using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Fetch;
using Ltx.Server.Files;

namespace Ltx.Server.Queue;

/// <summary>
/// Fetches the inputs of the clip that comes next while a worker still runs another one, so that the device does not wait for them: one
/// request ahead a worker. That request waits on as if nothing happened; what cannot be fetched here is tried again, and said, when it runs.
/// </summary>
internal sealed partial class LookAhead(LtxOptions options, RequestQueue queue, StoredInputs stored, IInpaintRunner runner, DiskBudget disk, ILogger<LookAhead> logger)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, AheadFetch> _ahead = [];
    private readonly HashSet<Task> _ending = [];
    private bool _stopped;

    /// <summary>Looks ahead for a worker as long as its run goes on. What is here at its end stays for the next run. Never throws.</summary>
    /// <param name="worker">whose run</param>
    /// <param name="loraSet">the LoRAs that it has loaded then</param>
    /// <param name="ended">the run's end</param>
    public async Task WatchAsync(int worker, string? loraSet, CancellationToken ended)
    {
        if (!options.Queue.LookAhead)
        {
            return;
        }

        try
        {
            // Others may have been taken first. What was fetched is kept if its turn comes now, else it only takes up room.
            DropOvertaken(worker, loraSet);
            while (true)
            {
                var moved = queue.Moved;
                FetchNext(worker, loraSet);
                await moved.WaitAsync(ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The run is over.
        }
        catch (Exception e)
        {
            NotWatched(logger, worker, e); // the run itself goes on
        }
    }

    /// <summary>The inputs of a request that runs now: what was fetched ahead for it, once it is here, or, where that is nothing, fetched now.</summary>
    public async Task<(FetchedInputs? Inputs, InputProblem? Problem, FetchTime When)> TakeAsync(LiveRequest request, CancellationToken ct)
    {
        AheadFetch? ahead;
        lock (_gate)
        {
            _ahead.Remove(request.Id, out ahead);
        }

        if (ahead is not null)
        {
            var when = ahead.IsDone ? FetchTime.Before : FetchTime.Begun;
            if (await ahead.HandOverAsync(ct) is { } there)
            {
                return (there, null, when);
            }

            ct.ThrowIfCancellationRequested();
        }

        var (inputs, problem) = await stored.FetchAsync(request, ct);
        return (inputs, problem, FetchTime.Now);
    }

    /// <summary>Gives everything back; nothing is fetched ahead from here on. Ends when nothing is left.</summary>
    public async Task StopAsync()
    {
        Task[] ending;
        lock (_gate)
        {
            _stopped = true;
            foreach (var id in _ahead.Keys.ToList())
            {
                Drop(id);
            }

            ending = [.. _ending];
        }

        await Task.WhenAll(ending);
    }

    private void FetchNext(int worker, string? loraSet)
    {
        AheadFetch ahead;
        lock (_gate)
        {
            // One that runs already is about to be taken over, by this worker or by another.
            if (_stopped || _ahead.Values.Any(a => a.Worker == worker && a.Request.IsWaiting))
            {
                return;
            }

            if (queue.Next(JobKind.Inpaint, loraSet, r => _ahead.ContainsKey(r.Id)) is not { } next || disk.Refusal(0) is not null)
            {
                return;
            }

            ahead = new AheadFetch(next, worker);
            _ahead.Add(next.Id, ahead);
            if (!next.IsWaiting)
            {
                // A worker was faster, and may have asked for it before it was here.
                _ahead.Remove(next.Id);
                return;
            }

            ahead.Begin(ct => FetchAsync(next, ct));
        }

        _ = DropAtEndAsync();

        // Cancelled, too late to start, or ended before anybody took it over.
        async Task DropAtEndAsync()
        {
            await ahead.Request.Finished.Task;
            lock (_gate)
            {
                Drop(ahead.Request.Id);
            }
        }
    }

    private void DropOvertaken(int worker, string? loraSet)
    {
        lock (_gate)
        {
            foreach (var mine in _ahead.Values.Where(a => a.Worker == worker && a.Request.IsWaiting).ToList())
            {
                if (queue.Next(JobKind.Inpaint, loraSet, r => r != mine.Request && _ahead.ContainsKey(r.Id)) != mine.Request)
                {
                    Drop(mine.Request.Id);
                }
            }
        }
    }

    /// <summary>Call under the lock.</summary>
    private void Drop(string id)
    {
        if (!_ahead.Remove(id, out var dropped))
        {
            return;
        }

        var ending = Task.Run(async () => await dropped.DisposeAsync());
        _ending.Add(ending);
        _ = ForgetAsync();

        async Task ForgetAsync()
        {
            await ending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (ending.Exception is { } e)
            {
                NotGivenBack(logger, id, e);
            }

            lock (_gate)
            {
                _ending.Remove(ending);
            }
        }
    }

    private async Task<FetchedInputs?> FetchAsync(LiveRequest request, CancellationToken ct)
    {
        FetchedInputs? inputs = null;
        try
        {
            (inputs, var problem) = await stored.FetchAsync(request, ct);
            if (inputs is null)
            {
                if (problem!.Reason is { } reason)
                {
                    NotFetched(logger, request.Id, reason);
                }

                return null;
            }

            runner.Prepare(inputs.Of(FetchKind.Lora));
            Fetched(logger, request.Id);
            return inputs;
        }
        catch (Exception e)
        {
            if (inputs is not null)
            {
                await inputs.DisposeAsync();
            }

            if (!ct.IsCancellationRequested)
            {
                NotFetched(logger, request.Id, e.Message);
            }

            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The inputs of request {Id} are here while it waits")]
    private static partial void Fetched(ILogger logger, string id);

    [LoggerMessage(Level = LogLevel.Information, Message = "The inputs of request {Id} could not be fetched while it waits, and are tried again when it runs: {Reason}")]
    private static partial void NotFetched(ILogger logger, string id, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker} cannot look ahead during this run")]
    private static partial void NotWatched(ILogger logger, int worker, Exception e);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What was fetched ahead for request {Id} could not be given back")]
    private static partial void NotGivenBack(ILogger logger, string id, Exception e);
}

/// <summary>When a running request's inputs were fetched.</summary>
internal enum FetchTime
{
    Now,

    /// <summary>Begun while it waited, and ended when it ran.</summary>
    Begun,

    /// <summary>While it waited.</summary>
    Before,
}
