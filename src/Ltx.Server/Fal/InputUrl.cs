using Ltx.Server.Fetch;

namespace Ltx.Server.Fal;

/// <summary>What can be said of an input's URL without touching the network.</summary>
internal static class InputUrl
{
    /// <summary>
    /// Why the fetcher would not even ask for it, as a clause; null where it would. Read as the fetcher reads it, so that nothing is accepted at submit
    /// that fails there by its form. Whether `file:` is allowed where it points is the fetcher's decision.
    /// </summary>
    public static string? Problem(string url)
    {
        if (url.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            // Without the comma there is no data.
            return url.AsSpan(0, Math.Min(url.Length, 1024)).Contains(',') ? null : "the data URL has no comma, and so no data";
        }

        if (AllowedFolders.IsFileUrl(url))
        {
            return null;
        }

        return SafeUrl.TryParse(url, out _, out var problem) ? null : problem;
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
