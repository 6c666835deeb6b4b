namespace Ltx.Server.Queue;

/// <summary>A completed request's webhook that has not been acknowledged.</summary>
/// <param name="RequestId">the request that owes it</param>
/// <param name="Url">where it goes, as the client wrote it</param>
/// <param name="Tries">how many were made so far</param>
/// <param name="Owner">the key whose request it was</param>
/// <param name="Host">the host of <paramref name="Url"/>; empty where it has none</param>
internal sealed record OwedWebhook(string RequestId, string Url, int Tries, string Owner, string Host);
