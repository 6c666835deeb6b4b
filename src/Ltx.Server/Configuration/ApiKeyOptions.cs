namespace Ltx.Server.Configuration;

/// <summary>One API key: its name and the SHA-256 of its secret; `ltx requests` and the logs show the name.</summary>
internal sealed class ApiKeyOptions
{
    /// <summary>Whose key it is. Requests belong to this name.</summary>
    public string Name { get; set; } = "";

    /// <summary>SHA-256 of what stands after `Key ` in the Authorization header, 64 hex digits: `printf %s "$KEY" | sha256sum`.</summary>
    public string Hash { get; set; } = "";

    /// <summary>Waiting requests this key may have; 0 = no limit.</summary>
    public int MaxWaiting { get; set; }

    /// <summary>Submits a minute; 0 = no limit.</summary>
    public int RequestsPerMinute { get; set; }

    public IEnumerable<string> Check()
    {
        if (string.IsNullOrWhiteSpace(Name))
        {
            yield return "Name is missing";
        }

        if (Hash.Length != 64 || !Hash.All(char.IsAsciiHexDigit))
        {
            yield return "Hash must be the SHA-256 of the key, 64 hex digits";
        }

        if (MaxWaiting < 0 || RequestsPerMinute < 0)
        {
            yield return "MaxWaiting and RequestsPerMinute cannot be negative";
        }
    }
}
