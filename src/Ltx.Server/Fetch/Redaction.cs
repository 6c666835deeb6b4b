namespace Ltx.Server.Fetch;

/// <summary>URLs as they may appear in logs and errors: no user information, no query, no fragment, no payload of a data URI, no control characters.</summary>
internal static class Redaction
{
    private const int LongestShown = 300;

    /// <summary>Works on any text, also on what no parser takes: a refused URL must not leak its secrets through its refusal.</summary>
    public static string Url(string url)
    {
        ReadOnlySpan<char> text = url.AsSpan().Trim();
        if (text.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            int comma = text.IndexOf(',');
            return comma is >= 0 and < 100 ? Clean($"{text[..comma]},[{text.Length - comma - 1} characters]") : $"data:[{text.Length} characters]";
        }
        int cut = text.IndexOfAny('?', '#');
        string tail = cut < 0 ? "" : "?[redacted]";
        ReadOnlySpan<char> kept = cut < 0 ? text : text[..cut];
        int start = kept.IndexOf("//", StringComparison.Ordinal) is int slashes and >= 0 ? slashes + 2 : kept.IndexOf(':') + 1;
        // User information ends at the last '@' before the path; a backslash counts as a slash for some readers, so neither ends the search.
        int at = kept[start..].LastIndexOf('@');
        // A password may hold a '?' or '#' that nobody escaped; then what precedes it is the beginning of the secret.
        bool torn = at < 0 && cut >= 0 && text[cut..].Contains('@') && !IsHost(kept[start..]);
        string shown = torn ? $"{kept[..start]}[redacted]" : at < 0 ? kept.ToString() : $"{kept[..start]}[redacted]@{kept[(start + at + 1)..]}";
        return Clean(shown.Length > LongestShown ? string.Concat(shown.AsSpan(0, LongestShown), "[cut]") : shown) + tail;
    }

    public static string Url(Uri url) => Url(url.OriginalString);

    /// <summary>Does this begin with a host and at most a port, and then a path?</summary>
    private static bool IsHost(ReadOnlySpan<char> text)
    {
        int slash = text.IndexOf('/');
        ReadOnlySpan<char> authority = slash < 0 ? text : text[..slash];
        int colon = authority.LastIndexOf(':');
        return slash >= 0 && (colon < 0 || authority[^1] == ']' || !authority[(colon + 1)..].ContainsAnyExceptInRange('0', '9'));
    }

    /// <summary>A line break from a client must not start a line of its own in a log.</summary>
    private static string Clean(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = char.IsControl(source[i]) || source[i] is '\u2028' or '\u2029' ? '?' : source[i];
        }
    });
}
