namespace Ltx.Server.Fal;

/// <summary>
/// A failure in one of fal's two forms: a list of details (the model or the input is at fault) or a text with an error type (the request's
/// way through the server is at fault). Carries everything that its headers need, so that a stored one is replayed exactly.
/// </summary>
internal sealed record FalError(int Status)
{
    public string? Text { get; init; }

    public IReadOnlyList<FalDetail> Details { get; init; } = [];

    public string? ErrorType { get; init; }

    /// <summary>`X-Fal-Retryable`; null leaves the header out.</summary>
    public bool? Retryable { get; init; }

    /// <summary>`user` when the client's own deadline passed: fal's clients then do not retry the 504.</summary>
    public string? TimeoutType { get; init; }

    /// <summary>`Retry-After` in seconds, for what will pass by itself; fal's clients then come back.</summary>
    public int? RetryAfter { get; init; }

    public static FalError Invalid(params IReadOnlyList<FalDetail> details) => new(422) { Details = details, Retryable = false };

    public static FalError Plain(int status, string text) => new(status) { Text = text };

    public static FalError Infrastructure(int status, string type, string text) => new(status) { Text = text, ErrorType = type };

    /// <summary>A failure of the model itself, in the list form.</summary>
    public static FalError Model(int status, string type, string message, bool retryable) =>
        new(status) { Details = [new FalDetail(type, ["body"], message)], Retryable = retryable };

    public static FalError Cancelled() => Infrastructure(499, "client_cancelled", "The request was cancelled.");

    public static FalError Disconnected() => Infrastructure(499, "client_disconnected", "The client closed the connection.");

    public static FalError RunnerLost(int attempts) =>
        Infrastructure(503, "runner_disconnected", $"The worker ended while it ran the request ({attempts} of {attempts} attempts).");

    public static FalError StartDeadlinePassed() =>
        Infrastructure(504, "request_timeout", "The request did not start within its X-Fal-Request-Timeout.") with { TimeoutType = "user" };

    public static FalError Stopping() => Infrastructure(503, "runner_scheduling_failure", "The server is stopping and takes no new work.");

    public string ToJson() => FalJson.Text(json =>
    {
        json.WriteStartObject();
        if (Details.Count > 0)
        {
            json.WriteStartArray("detail");
            foreach (var detail in Details)
            {
                detail.Write(json);
            }

            json.WriteEndArray();
        }
        else
        {
            json.WriteString("detail", Text);
        }

        if (ErrorType is not null)
        {
            json.WriteString("error_type", ErrorType);
        }

        json.WriteEndObject();
    });
}
