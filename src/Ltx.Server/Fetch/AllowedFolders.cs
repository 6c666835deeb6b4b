namespace Ltx.Server.Fetch;

/// <summary>
/// <c>file:</c> URLs below the folders of <c>Fetch:AllowedFolders</c>. Every refusal says the same sentence:
/// whether a file exists outside of them is nobody's business.
/// </summary>
internal sealed class AllowedFolders(IEnumerable<string> folders)
{
    /// <summary>Linux gives up at 40 (ELOOP).</summary>
    private const int MostLinks = 40;

    private readonly string[] folders = [.. folders];

    public static bool IsFileUrl(string url) => url.AsSpan().TrimStart().StartsWith("file:", StringComparison.OrdinalIgnoreCase);

    /// <returns>The file's real path, with every link resolved.</returns>
    public string Resolve(string url)
    {
        string? path = ToPath(url.Trim());
        string? real = path is null ? null : RealPath(path);
        if (real is null || !folders.Any(folder => RealPath(Path.GetFullPath(folder)) is string root && IsBelow(real, root)) || !IsRegularFile(real))
        {
            throw FetchException.Download(url, "there is no such file below the folders that are allowed");
        }
        return real;
    }

    /// <summary>
    /// Only <c>file:///path</c>: no host, query or fragment; and no <c>..</c>, which means something else before a link than behind it.
    /// </summary>
    private static string? ToPath(string url)
    {
        if (!url.StartsWith("file:///", StringComparison.OrdinalIgnoreCase) || url.StartsWith("file:////", StringComparison.OrdinalIgnoreCase)
            || url.AsSpan().ContainsAny('?', '#', '\\'))
        {
            return null;
        }
        string path = Uri.UnescapeDataString(OperatingSystem.IsWindows() ? url["file:///".Length..] : url["file://".Length..]);
        bool plain = !path.Any(char.IsControl) && !path.Contains('\\') && !path.StartsWith("//", StringComparison.Ordinal) && !path.Split('/').Any(part => part is "." or "..");
        return plain && Path.IsPathFullyQualified(path) ? Path.GetFullPath(path) : null;
    }

    private static bool IsBelow(string path, string folder) =>
        path.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    /// <summary>Pipes, devices and sockets have no length; asking it does not open them, and opening a pipe would block.</summary>
    private static bool IsRegularFile(string path) => new FileInfo(path) is { Exists: true, Length: > 0 };

    /// <summary>Resolves the links of all parts, not of the last one alone, which is all that <see cref="FileSystemInfo.ResolveLinkTarget"/> does. Null where the path leads nowhere.</summary>
    private static string? RealPath(string path)
    {
        string root = Path.GetPathRoot(path)!;
        string real = root;
        Stack<string> parts = new(Parts(path, root));
        for (int links = 0; parts.TryPop(out string? part);)
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }
            string next = Path.Combine(real, part);
            FileSystemInfo info = Directory.Exists(next) ? new DirectoryInfo(next) : new FileInfo(next);
            if (info.LinkTarget is not string target)
            {
                if (!info.Exists)
                {
                    return null;
                }
                real = next;
                continue;
            }
            if (++links > MostLinks)
            {
                return null;
            }
            if (Path.IsPathRooted(target))
            {
                root = Path.GetPathRoot(target)!;
                real = root;
            }
            foreach (string step in Parts(target, Path.IsPathRooted(target) ? root : ""))
            {
                parts.Push(step);
            }
        }
        return real;
    }

    /// <summary>Last part first: the order in which a stack wants them.</summary>
    private static IEnumerable<string> Parts(string path, string root) =>
        path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").Reverse();
}
