using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>What is done in an attempt at a request of one kind. What all kinds share is <see cref="JobRunner"/>'s.</summary>
internal interface IAttempt
{
    JobKind Kind { get; }

    /// <summary>How long one may take; then it is cancelled, and the request has timed out.</summary>
    TimeSpan Longest { get; }

    /// <summary>Ends with what came of it, be it a refusal or a failure that is known.</summary>
    /// <param name="request">it has begun</param>
    /// <param name="worker">which one it runs on</param>
    /// <param name="ct">cancelled: with OperationCanceledException, soon</param>
    Task<RequestOutcome> RunAsync(LiveRequest request, int worker, CancellationToken ct);

    /// <summary>Gives back what the attempt needed, however it ended.</summary>
    void End(LiveRequest request);
}
