using Ltx.Server.Fal;
using Ltx.Server.Files;

namespace Ltx.Server.Queue;

/// <summary>How a request ended, as it is stored: one commit holds it together with the output's row and the webhook that it owes.</summary>
internal sealed record RequestOutcome
{
    public required int StatusCode { get; init; }

    /// <summary>Success: what <see cref="ResultBody"/> makes the answer from (paths of files, no origins). Failure: the whole body.</summary>
    public required string Result { get; init; }

    public string? ErrorType { get; init; }

    public string? TimeoutType { get; init; }

    public bool? Retryable { get; init; }

    public long Units { get; init; }

    public double? Seconds { get; init; }

    public string? Timings { get; init; }

    /// <summary>What it made; their bytes are in the store.</summary>
    public IReadOnlyList<StoredFile> Outputs { get; init; } = [];

    /// <summary>The one of them that is looked at, where there is one.</summary>
    public StoredFile? Film { get; init; }

    public static RequestOutcome Failure(FalError error, double? seconds = null) => new()
    {
        StatusCode = error.Status,
        Result = error.ToJson(),
        ErrorType = error.ErrorType,
        TimeoutType = error.TimeoutType,
        Retryable = error.Retryable,
        Seconds = seconds,
    };
}
