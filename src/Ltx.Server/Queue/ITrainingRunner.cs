using Ltx.Inference;

namespace Ltx.Server.Queue;

/// <summary>
/// What trains. The queue gives it one job at a time, while the inpainting workers go on: whoever shares a device with them gives way between two
/// steps.
/// </summary>
internal interface ITrainingRunner
{
    /// <summary>
    /// Trains, from the beginning or from what the job's folder holds of an earlier attempt. Once <paramref name="ct"/> is cancelled it ends within a
    /// step, with OperationCanceledException; where the job comes back then (<see cref="TrainingJob.ComesBack"/>), it keeps first what has been done.
    /// </summary>
    /// <param name="progress">told of every step, in order; what becomes a line of the log is the queue's to say</param>
    /// <exception cref="TrainingRefusedException">A field of the input is at fault: 422.</exception>
    /// <exception cref="InferenceException">Of <see cref="Fault.Input"/>: 422 with its sentence. Of others: 500 with it.</exception>
    Task<TrainedFiles> RunAsync(TrainingJob job, IProgress<TrainingProgress> progress, CancellationToken ct);
}
