namespace Ltx.Server.Configuration;

/// <summary>Who is served.</summary>
internal sealed class AuthOptions : ICheckedOptions
{
    /// <summary>API keys. With none, only loopback callers are served.</summary>
    public ApiKeyOptions[] Keys { get; set; } = [];

    /// <summary>Serve everybody who sends no key, from anywhere.</summary>
    public bool AllowAnonymous { get; set; }

    public IEnumerable<string> Check()
    {
        for (var i = 0; i < Keys.Length; i++)
        {
            foreach (var problem in Keys[i].Check())
            {
                yield return $"Auth:Keys:{i}: {problem}";
            }
        }

        foreach (var name in Keys.GroupBy(k => k.Name, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key))
        {
            yield return $"Auth:Keys: the name '{name}' is used more than once, and requests belong to a name";
        }
    }
}
