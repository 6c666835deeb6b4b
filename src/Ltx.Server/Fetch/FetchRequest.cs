namespace Ltx.Server.Fetch;

/// <summary>One input to fetch.</summary>
internal sealed record FetchRequest(string Url, FetchKind Kind);
