using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Http;
using Ltx.Server.Storage;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Queue;

/// <summary>
/// The queue's life: once the sockets listen, recovery, one loop a worker, which begins by loading the model, one for trainings, and overdue starts;
/// and the drain at the end. An address that cannot be had thus ends the start before a model loads, and never under one.
/// </summary>
internal sealed partial class QueueService(
    LtxOptions options, RequestQueue queue, Workers workers, OpenCalls calls, IHostApplicationLifetime lifetime, ILogger<QueueService> logger) : IHostedLifecycleService, IDisposable
{
    /// <summary>How long a loop rests after a failure that is nobody's in particular.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];
    private Task _begun = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(BeginStop);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The host calls this after the listening sockets are open. Whoever asks for more than the server's health waits for the end of the recovery.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _begun = Task.Run(BeginAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task BeginAsync()
    {
        try
        {
            await queue.RecoverAsync();
        }
        catch (Exception e)
        {
            if (e is DataFolderException)
            {
                Unusable(logger, e.Message);
            }
            else
            {
                NotRecovered(logger, e);
            }

            Environment.ExitCode = 1;
            lifetime.StopApplication();
            return;
        }

        for (var worker = 0; worker < options.Queue.Workers; worker++)
        {
            var number = worker;
            _loops.Add(Task.Run(() => workers.RunAsync(number, lifetime, _stop.Token), CancellationToken.None));
        }

        _loops.Add(Task.Run(() => workers.TrainAsync(lifetime, _stop.Token), CancellationToken.None));
        _loops.Add(Task.Run(EndOverdueAsync, CancellationToken.None));
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The host calls this after the listening sockets have closed; the drain began with ApplicationStopping.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _begun.WaitAsync(cancellationToken);
            await Task.WhenAll(_loops).WaitAsync(cancellationToken);
            await workers.StopLookingAheadAsync().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            RunGoesOn(logger); // its attempt is counted on disk, and the next start takes it up again
        }
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>A run that went on when the server left it may still ask for the token.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        if (_loops.TrueForAll(l => l.IsCompleted))
        {
            _stop.Dispose();
        }
    }

    private void BeginStop()
    {
        queue.BeginDrain();
        Stopping(logger, Awaited());
        _ = StopRunningAsync();

        async Task StopRunningAsync()
        {
            try
            {
                await StopRunsAsync();
            }
            catch (Exception e)
            {
                LoopFailed(logger, "Stopping the runs", e); // the host leaves them when its time is over, and the next start takes them up again
            }
        }

        async Task StopRunsAsync()
        {
            await _begun;
            await workers.StopLookingAheadAsync();
            await EndWaitingSyncAsync();

            // A training goes on at the next start from where it is: nobody waits for its end.
            foreach (var training in queue.Running.Where(request => request.Kind == JobKind.Training))
            {
                training.Stop(StopReason.ServerStopping);
            }

            await Task.WhenAny(Task.WhenAll(_loops.SkipLast(1)), Task.Delay(TimeSpan.FromSeconds(options.Queue.DrainSeconds)));
            foreach (var request in queue.Running)
            {
                request.Stop(StopReason.ServerStopping);
            }

            await _stop.CancelAsync();

            // Who waits for a run has been answered, or is being; who reads or sends on has no more time than that.
            await Task.WhenAny(Task.WhenAll(_loops), Task.Delay(OpenCalls.Grace));
            await calls.EndAsync();
        }
    }

    /// <summary>What the stop waits for, for who stands before it.</summary>
    private string Awaited()
    {
        var running = queue.Running.ToList();
        var clips = running.Count(request => request.Kind != JobKind.Training);
        var training = running.Count > clips ? "; the training goes on with the next start" : "";
        return clips == 0
            ? $"nothing is running that would be waited for{training}"
            : $"up to {options.Queue.DrainSeconds:0} s for "
                + $"{(clips == 1 ? "the request that is running" : $"the {clips} requests that are running")} (Ctrl-C again: not at all){training}";
    }

    private async Task EndWaitingSyncAsync()
    {
        try
        {
            await queue.EndWaitingSyncAsync();
        }
        catch (SqliteException e)
        {
            LoopFailed(logger, "Ending the sync runs that wait", e); // the next start ends them
        }
    }

    private async Task EndOverdueAsync()
    {
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100));
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(_stop.Token);
                await queue.EndOverdueAsync();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LoopFailed(logger, "Ending requests that should have started", e); // they wait on, and are as overdue in a moment
                await Task.Delay(Rest, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Reason} The server stops.")]
    private static partial void Unusable(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Critical, Message = "What the last stop left cannot be read; the server stops")]
    private static partial void NotRecovered(ILogger logger, Exception e);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: {Awaited}. What waits stays in the queue")]
    private static partial void Stopping(ILogger logger, string awaited);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A run did not end in time; the server leaves it")]
    private static partial void RunGoesOn(ILogger logger);

    [LoggerMessage(Level = LogLevel.Error, Message = "{What} failed")]
    private static partial void LoopFailed(ILogger logger, string what, Exception e);
}
