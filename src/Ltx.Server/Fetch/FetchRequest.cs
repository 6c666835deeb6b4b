namespace Ltx.Server.Fetch;

/// <summary>One file that a client named: an http(s) URL, a <c>data:</c> URI, or a <c>file:</c> URL below an allowed folder.</summary>
internal sealed record FetchRequest(string Url, FetchKind Kind)
{
    /// <summary>The URL may hold a secret or a whole video: no record of a request prints it as it came.</summary>
    public override string ToString() => $"{Kind} {Redaction.Url(Url)}";
}
