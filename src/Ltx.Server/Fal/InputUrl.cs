namespace Ltx.Server.Fal;

/// <summary>What can be said of an input's URL without touching the network.</summary>
internal static class InputUrl
{
    /// <summary>The schemes that the fetcher knows. Whether `file:` is allowed where it points is the fetcher's decision.</summary>
    public static bool IsFetchable(string url)
    {
        if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return url.AsSpan(0, Math.Min(url.Length, 1024)).Contains(','); // without the comma there is no data
        }

        // Without the look at the first letters, Uri takes "//host/path" and "/etc/passwd" for file URLs on Linux.
        var text = url.Trim();
        return text.Length <= 65536 && Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && text.StartsWith(uri.Scheme + ":", StringComparison.OrdinalIgnoreCase)
            && (uri.Scheme is "http" or "https" ? uri.Host.Length > 0 : uri.Scheme == "file");
    }

    /// <summary>For errors and logs: no query (tokens stand there), no user info, no data, no more than <paramref name="longest"/> characters.</summary>
    public static string Redact(string url, int longest = 256)
    {
        if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            var comma = url.AsSpan(0, Math.Min(url.Length, longest)).IndexOf(',');
            return comma < 0 ? "data:..." : url[..(comma + 1)] + "...";
        }

        var end = url.AsSpan().IndexOfAny('?', '#');
        var shown = end < 0 ? url : url[..end] + "?...";
        var authority = shown.IndexOf("://", StringComparison.Ordinal);
        if (authority >= 0)
        {
            var rest = shown[(authority + 3)..];
            var slash = rest.IndexOf('/', StringComparison.Ordinal);
            var at = (slash < 0 ? rest : rest[..slash]).LastIndexOf('@');
            shown = at < 0 ? shown : shown[..(authority + 3)] + rest[(at + 1)..];
        }

        return shown.Length <= longest ? shown : shown[..longest] + "...";
    }
}
