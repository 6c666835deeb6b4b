namespace Ltx.Server.Fetch;

/// <summary>An input that the client named cannot be had. <paramref name="type"/> is one of fal's error types.</summary>
internal sealed class FetchException(string type, string message, IReadOnlyDictionary<string, object?>? context = null) : Exception(message)
{
    public string Type { get; } = type;

    public IReadOnlyDictionary<string, object?>? Context { get; } = context;
}
