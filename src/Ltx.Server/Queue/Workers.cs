namespace Ltx.Server.Queue;

/// <summary>The loop of each worker: it loads the model, and then runs one request after another.</summary>
internal sealed partial class Workers(
    JobRunner jobs, IInpaintRunner runner, LookAhead ahead, ServerState state, TimeProvider clock, ILogger<Workers> logger)
{
    /// <param name="worker">which one</param>
    /// <param name="lifetime">ends with the server, and is ended where a worker cannot go on</param>
    /// <param name="giveUp">the end of the drain: nothing is waited for any more</param>
    public async Task RunAsync(int worker, IHostApplicationLifetime lifetime, CancellationToken giveUp)
    {
        try
        {
            Loading(logger, worker);
            var began = clock.GetTimestamp();
            await runner.LoadAsync(worker, new LoadSink(state, worker), lifetime.ApplicationStopping);
            state.WorkerLoaded(worker);
            Loaded(logger, worker, clock.GetElapsedTime(began).TotalSeconds);
            string? loaded = null;
            while (await jobs.RunNextAsync(worker, loaded, giveUp) is { } request)
            {
                loaded = request.Stored.LoraSet;
            }
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested && !giveUp.IsCancellationRequested)
        {
            // The server stops while the model loads.
        }
        catch (Exception e) when (giveUp.IsCancellationRequested)
        {
            // The server stops: while nothing waits, or before the disk took what has happened.
            if (e is not OperationCanceledException)
            {
                RunLeft(logger, worker, e.Message);
            }
        }
        catch (Exception e)
        {
            // Without its worker the server would take requests that nobody runs. They are on disk; the next start has them.
            WorkerDied(logger, worker, e);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    /// <summary>Nothing is fetched ahead from here on. Ends when all that was has been given back.</summary>
    public Task StopLookingAheadAsync() => ahead.StopAsync();

    /// <summary>Not Progress&lt;T&gt;: that one posts to the thread pool, and a late report would come after the end.</summary>
    private sealed class LoadSink(ServerState state, int worker) : IProgress<LoadStatus>
    {
        public void Report(LoadStatus value) => state.WorkerLoads(worker, value);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} loads the model")]
    private static partial void Loading(ILogger logger, int worker);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker} is ready after {Seconds:F1} s")]
    private static partial void Loaded(ILogger logger, int worker, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Worker {Worker} ends before what its run came to is stored, and the next start runs it again: {Reason}")]
    private static partial void RunLeft(ILogger logger, int worker, string reason);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Worker {Worker} cannot go on; the server stops")]
    private static partial void WorkerDied(ILogger logger, int worker, Exception e);
}
