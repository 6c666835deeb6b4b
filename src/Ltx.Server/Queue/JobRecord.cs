using Ltx.Server.Fal;
using Ltx.Server.Observability;

namespace Ltx.Server.Queue;

/// <summary>What is told and kept of jobs: log lines for the client, start and end on the disk, times for the operator.</summary>
internal sealed class JobRecord(RequestQueue queue, Insistence insistence, ServerMetrics metrics)
{
    /// <summary>The next of a kind, its start on the disk. While the database cannot note it the worker pauses. Null: the server stops.</summary>
    public Task<LiveRequest?> TakeAsync(JobKind kind, string? loadedLoraSet, CancellationToken giveUp) =>
        insistence.StoreAsync("The start of a request", () => queue.TakeAsync(kind, loadedLoraSet, giveUp), giveUp);

    public void Log(LiveRequest request, string level, string message) => queue.Log(request, level, message);

    /// <summary>The attempt that runs has got further than those before it.</summary>
    public void Prove(LiveRequest request) => queue.Prove(request);

    public void Ran(double seconds, IReadOnlyDictionary<string, double> stages) => metrics.Ran(seconds, stages);

    /// <summary>Back into the queue.</summary>
    public Task ReturnAsync(LiveRequest request, bool countAttempt, CancellationToken giveUp) =>
        insistence.StoreAsync($"The return of request {request.Id} to the queue", () => queue.RequeueAsync(request, countAttempt), giveUp);

    public Task EndAsync(LiveRequest request, RequestOutcome outcome, CancellationToken giveUp) =>
        insistence.StoreAsync($"The end of request {request.Id}", () => queue.CompleteAsync(request, outcome), giveUp);
}
