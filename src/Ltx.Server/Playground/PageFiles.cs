using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.StaticFiles;

namespace Ltx.Server.Playground;

/// <summary>
/// The page's files, found once at the start: what is not in this list is not served, however a path is spelled. index.html is "/", and only the
/// folders `ui` and `vendor` are visible.
/// </summary>
internal sealed class PageFiles
{
    private static readonly string[] Folders = ["ui", "vendor"];

    private readonly FrozenDictionary<string, PageFile> _files;

    public PageFiles(string root)
    {
        FileExtensionContentTypeProvider types = new();
        var found = Folders
            .Select(folder => Path.Combine(root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            .Select(path => (Url: "/" + Path.GetRelativePath(root, path).Replace('\\', '/'), Path: path));
        var index = Path.Combine(root, "index.html");
        if (File.Exists(index))
        {
            found = found.Prepend(("/", index));
        }

        _files = found.ToFrozenDictionary(file => file.Url, file => Describe(file.Path, types), StringComparer.Ordinal);
    }

    /// <summary>Where build and publish put them.</summary>
    public static string DefaultRoot => Path.Combine(AppContext.BaseDirectory, "wwwroot");

    public PageFile? Find(string url) => _files.GetValueOrDefault(url);

    private static PageFile Describe(string path, FileExtensionContentTypeProvider types)
    {
        // A licence has no extension.
        var type = types.TryGetContentType(path, out var known) ? known : "text/plain";
        var isText = type.StartsWith("text/", StringComparison.Ordinal) || type is "application/json" or "image/svg+xml";
        return new PageFile(path, isText ? type + "; charset=utf-8" : type, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));
    }
}
