using Ltx.Server.Configuration;

namespace Ltx.Server.Queue;

/// <summary>The queue's life: recovery before anything is served, one loop a worker, overdue starts, and the drain at the end.</summary>
internal sealed partial class QueueService(
    LtxOptions options, RequestQueue queue, JobRunner jobs, LookAhead ahead, IInpaintRunner runner, ServerState state, IHostApplicationLifetime lifetime,
    TimeProvider clock, ILogger<QueueService> logger) : IHostedService, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _loops = [];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await queue.RecoverAsync();
        lifetime.ApplicationStopping.Register(BeginStop);
        for (var worker = 0; worker < options.Queue.Workers; worker++)
        {
            var number = worker;
            _loops.Add(Task.Run(() => WorkAsync(number), CancellationToken.None));
        }

        _loops.Add(Task.Run(EndOverdueAsync, CancellationToken.None));
    }

    /// <summary>The host calls this after the listening sockets have closed; the drain began with ApplicationStopping.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(_loops).WaitAsync(cancellationToken);
            await ahead.StopAsync().WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            RunGoesOn(logger); // its attempt is counted on disk, and the next start takes it up again
        }
    }

    public void Dispose() => _stop.Dispose();

    private void BeginStop()
    {
        queue.BeginDrain();
        _ = StopRunningAsync();

        async Task StopRunningAsync()
        {
            await ahead.StopAsync();
            await queue.EndWaitingSyncAsync();
            await Task.WhenAny(Task.WhenAll(_loops.SkipLast(1)), Task.Delay(TimeSpan.FromSeconds(options.Queue.DrainSeconds)));
            foreach (var request in queue.Running)
            {
                request.Stop(StopReason.ServerStopping);
            }

            await _stop.CancelAsync();
        }
    }

    private async Task WorkAsync(int worker)
    {
        try
        {
            Loading(logger, worker);
            var began = clock.GetTimestamp();
            await runner.LoadAsync(worker, new LoadSink(state, worker), _stop.Token);
            state.WorkerLoaded(worker);
            Loaded(logger, worker, clock.GetElapsedTime(began).TotalSeconds);
            string? loaded = null;
            while (await queue.TakeAsync(loaded, _stop.Token) is { } request)
            {
                await jobs.RunAsync(worker, request);
                loaded = request.Stored.LoraSet;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The server stops while the model loads or nothing waits.
        }
        catch (Exception e)
        {
            // Without its worker the server would take requests that nobody runs. They are on disk; the next start has them.
            WorkerDied(logger, worker, e);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private async Task EndOverdueAsync()
    {
        try
        {
            using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(100));
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                await queue.EndOverdueAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The server stops.
        }
        catch (Exception e)
        {
            WorkerDied(logger, -1, e);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    /// <summary>Not Progress&lt;T&gt;: that one posts to the thread pool, and a late report would come after the end.</summary>
    private sealed class LoadSink(ServerState state, int worker) : IProgress<LoadStatus>
    {
        public void Report(LoadStatus value) => state.WorkerLoads(worker, value);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} loads the model")]
    private static partial void Loading(ILogger logger, int worker);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} is ready after {Seconds:F1} s")]
    private static partial void Loaded(ILogger logger, int worker, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A run did not end in time; the server leaves it")]
    private static partial void RunGoesOn(ILogger logger);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Worker {Worker} cannot go on; the server stops")]
    private static partial void WorkerDied(ILogger logger, int worker, Exception e);
}
