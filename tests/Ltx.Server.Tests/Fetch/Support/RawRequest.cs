namespace Ltx.Server.Tests.Fetch.Support;

/// <summary>A request as it came over the wire: the target of its first line, and its headers.</summary>
internal sealed record RawRequest(string Target, IReadOnlyDictionary<string, string> Headers)
{
    public string Method { get; init; } = "GET";

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
