namespace Ltx.Server.Queue;

/// <summary>The engine behind the queue. One instance serves all workers; each worker runs one job at a time.</summary>
internal interface IInpaintRunner
{
    /// <summary>Loads the model for one worker. Called once a worker, before its first job; until it returns the server is not ready.</summary>
    /// <param name="progress">told now and then how far it is, on any thread</param>
    Task LoadAsync(int worker, IProgress<LoadStatus> progress, CancellationToken ct);

    /// <summary>Runs one job. Must end within one model evaluation once <paramref name="ct"/> is cancelled, with OperationCanceledException.</summary>
    Task<RunResult> RunAsync(RunJob job, IProgress<RunProgress> progress, CancellationToken ct);

    /// <summary>GPU memory in use and in all, a device each; empty without a GPU.</summary>
    IReadOnlyList<DeviceMemory> Memory { get; }
}
