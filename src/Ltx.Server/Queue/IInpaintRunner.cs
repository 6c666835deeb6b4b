using Ltx.Server.Fetch;

namespace Ltx.Server.Queue;

/// <summary>The engine behind the queue. One instance serves all workers; each worker runs one job at a time.</summary>
internal interface IInpaintRunner
{
    /// <summary>Loads the model for one worker. Called once a worker, before its first job; until it returns the server is not ready.</summary>
    /// <param name="progress">told now and then how far it is, on any thread</param>
    Task LoadAsync(int worker, IProgress<LoadStatus> progress, CancellationToken ct);

    /// <summary>Runs one job. Must end within one model evaluation once <paramref name="ct"/> is cancelled, with OperationCanceledException.</summary>
    Task<RunResult> RunAsync(RunJob job, IProgress<RunProgress> progress, CancellationToken ct);

    /// <summary>Reads the LoRAs of a later job ahead, while another job runs. Changes nothing that the run computes with; what cannot be used is said by the later job's own run.</summary>
    void Prepare(IReadOnlyList<FetchedFile> loras);

    /// <summary>GPU memory in use and in all, a device each; empty without a GPU.</summary>
    IReadOnlyList<DeviceMemory> Memory { get; }
}

/// <summary>Memory of one device, in bytes.</summary>
internal sealed record DeviceMemory(string Device, long Used, long Total);

/// <summary>How far a worker's model is loaded.</summary>
/// <param name="Component">what is being loaded</param>
/// <param name="Bytes">bytes of it that have come</param>
/// <param name="Rate">gigabytes (10^9 bytes) a second</param>
/// <param name="Fraction">share of the whole model, from 0 to 1</param>
internal sealed record LoadStatus(string Component, long Bytes, double Rate, double Fraction);
