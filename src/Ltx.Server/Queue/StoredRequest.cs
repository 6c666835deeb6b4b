using Ltx.Server.Fal;

namespace Ltx.Server.Queue;

/// <summary>A request as the database has it, without its input.</summary>
internal sealed record StoredRequest
{
    public required long Sequence { get; init; }

    public required string Id { get; init; }

    /// <summary>The application's id.</summary>
    public required string Endpoint { get; init; }

    public Application Application => Applications.Of(Endpoint);

    public required string Owner { get; init; }

    public required Lane Lane { get; init; }

    public required RequestState State { get; init; }

    public required int Attempts { get; init; }

    /// <summary>How many attempts there were when one last got further.</summary>
    public required int Proven { get; init; }

    public required bool Sync { get; init; }

    public required string BaseUrl { get; init; }

    public required bool StoreIo { get; init; }

    public required bool NoRetry { get; init; }

    public required bool CancelRequested { get; init; }

    public required string LoraSet { get; init; }

    public required double? OutputSeconds { get; init; }

    public required DateTimeOffset SubmittedAt { get; init; }

    public required DateTimeOffset? StartDeadline { get; init; }

    public required DateTimeOffset? StartedAt { get; init; }

    public required DateTimeOffset? FinishedAt { get; init; }

    public required int? StatusCode { get; init; }

    /// <summary>Success: what <see cref="ResultBody"/> makes the answer from. Failure: the body as it was answered.</summary>
    public required string? Result { get; init; }

    public required string? ErrorType { get; init; }

    public required string? TimeoutType { get; init; }

    public required bool? Retryable { get; init; }

    public required long? Units { get; init; }

    public required double? Seconds { get; init; }

    public required string? Timings { get; init; }

    /// <summary>The film among its outputs.</summary>
    public required string? OutputId { get; init; }

    public required bool PayloadDeleted { get; init; }

    /// <summary>One that has just been stored.</summary>
    public static StoredRequest Of(NewRequest request, long sequence, DateTimeOffset now) => new()
    {
        Sequence = sequence,
        Id = request.Id,
        Endpoint = request.Endpoint,
        Owner = request.Owner,
        Lane = request.Lane,
        State = RequestState.Queued,
        Attempts = 0,
        Proven = 0,
        Sync = request.Sync,
        BaseUrl = request.BaseUrl,
        StoreIo = request.StoreIo,
        NoRetry = request.NoRetry,
        CancelRequested = false,
        LoraSet = request.LoraSet,
        OutputSeconds = request.OutputLifetime?.TotalSeconds,
        SubmittedAt = now,
        StartDeadline = request.StartWithin is { } within ? now + within : null,
        StartedAt = null,
        FinishedAt = null,
        StatusCode = null,
        Result = null,
        ErrorType = null,
        TimeoutType = null,
        Retryable = null,
        Units = null,
        Seconds = null,
        Timings = null,
        OutputId = null,
        PayloadDeleted = false,
    };
}

/// <summary>fal's three words. Failed and cancelled requests are completed; the result says how.</summary>
internal enum RequestState
{
    Queued = 0,
    Running = 1,
    Completed = 2,
}
