using Ltx.Server.Storage;

namespace Ltx.Server.Http;

/// <summary>
/// A path as logs and traces may have it. Whoever knows a file's id may read it, and whoever knows an upload's secret may write it, and
/// fal's Python client has both in the path: of either only the beginning is told, enough to find it again. Escaped, so that no path writes lines of its
/// own, or a terminal's commands, into a log.
/// </summary>
internal static class LoggedPath
{
    /// <summary>As many characters of an id as a file's name has anyway.</summary>
    private const int Shown = 12;

    /// <summary>More than any path of ours has.</summary>
    private const int Longest = 500;

    public static string Of(PathString path)
    {
        var text = string.Join('/', path.ToUriComponent().Split('/').Select(segment => FileId.Is(segment) ? segment[..Shown] + "..." : segment));
        return text.Length > Longest ? text[..Longest] + "..." : text;
    }
}
