using Ltx.Server.Fal;

namespace Ltx.Server.Http;

/// <summary>No turn came in time: 503, and when to come back.</summary>
/// <param name="message">for the client</param>
/// <param name="retryAfter">seconds</param>
internal sealed class BusyException(string message, int retryAfter) : Exception(message), IFalAnswer
{
    public FalError Answer => FalError.Plain(503, Message) with { RetryAfter = retryAfter };
}
