using System.Globalization;
using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>The loops: of each worker, which loads the model and then runs clip after clip, and of the one that trains beside them.</summary>
internal sealed partial class Workers(
    JobRunner jobs, IInpaintRunner runner, LookAhead ahead, ServerState state, TimeProvider clock, ILogger<Workers> logger)
{
    /// <param name="worker">which one</param>
    /// <param name="lifetime">ends with the server, and is ended where a worker cannot go on</param>
    /// <param name="giveUp">the end of the drain: nothing is waited for any more</param>
    public Task RunAsync(int worker, IHostApplicationLifetime lifetime, CancellationToken giveUp) =>
        GuardAsync(worker.ToString(CultureInfo.InvariantCulture), () => ClipsAsync(worker, lifetime, giveUp), lifetime, giveUp);

    /// <summary>One training after another, once the models are there.</summary>
    /// <param name="lifetime">ends with the server, and is ended where it cannot go on</param>
    /// <param name="giveUp">the end of the drain: nothing is waited for any more</param>
    public Task TrainAsync(IHostApplicationLifetime lifetime, CancellationToken giveUp) =>
        GuardAsync("for trainings", () => TrainingsAsync(lifetime, giveUp), lifetime, giveUp);

    /// <summary>Nothing is fetched ahead from here on. Ends when all that was has been given back.</summary>
    public Task StopLookingAheadAsync() => ahead.StopAsync();

    private async Task ClipsAsync(int worker, IHostApplicationLifetime lifetime, CancellationToken giveUp)
    {
        Loading(logger, worker);
        var began = clock.GetTimestamp();
        await runner.LoadAsync(worker, new LoadSink(state, worker), lifetime.ApplicationStopping);
        state.WorkerLoaded(worker);
        Loaded(logger, worker, clock.GetElapsedTime(began).TotalSeconds);
        string? loaded = null;
        while (await jobs.RunNextAsync(JobKind.Inpaint, worker, loaded, giveUp) is { } request)
        {
            loaded = request.Stored.LoraSet;
        }
    }

    private async Task TrainingsAsync(IHostApplicationLifetime lifetime, CancellationToken giveUp)
    {
        await state.Ready.WaitAsync(lifetime.ApplicationStopping);
        while (await jobs.RunNextAsync(JobKind.Training, 0, null, giveUp) is not null)
        {
            // Its end is on disk; the next one.
        }
    }

    private async Task GuardAsync(string worker, Func<Task> loop, IHostApplicationLifetime lifetime, CancellationToken giveUp)
    {
        try
        {
            await loop();
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
    private static partial void RunLeft(ILogger logger, string worker, string reason);

    [LoggerMessage(Level = LogLevel.Critical, Message = "Worker {Worker} cannot go on; the server stops")]
    private static partial void WorkerDied(ILogger logger, string worker, Exception e);
}
