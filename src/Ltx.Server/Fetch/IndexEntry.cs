namespace Ltx.Server.Fetch;

/// <summary>What a URL gave when it was last downloaded. The URL itself is not kept: it may hold a token.</summary>
internal sealed record IndexEntry(string Sha256, string? ContentType, Validators Validators);
