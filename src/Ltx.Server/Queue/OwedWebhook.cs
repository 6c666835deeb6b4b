namespace Ltx.Server.Queue;

/// <summary>A completed request's webhook that has not been acknowledged; <paramref name="Tries"/> were made so far.</summary>
internal sealed record OwedWebhook(string RequestId, string Url, int Tries);
