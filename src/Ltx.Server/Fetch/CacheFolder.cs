using Ltx.Server.Configuration;
using Ltx.Server.Storage;

namespace Ltx.Server.Fetch;

/// <summary>
/// The folder of downloads: <c>partial/</c> for what is on its way or belongs to one request, <c>loras/</c> for whole LoRAs named by their SHA-256,
/// <c>index/</c> for what is known about URLs. One process owns it; what its predecessor left half-done is removed when it opens.
/// </summary>
internal sealed class CacheFolder : IDisposable
{
    private readonly FileStream ownership;

    public CacheFolder(string folder, ILogger log)
    {
        string root = Path.GetFullPath(folder);
        Partial = Path.Combine(root, "partial");
        Loras = Path.Combine(root, "loras");
        Index = Path.Combine(root, "index");
        try
        {
            foreach (string each in new[] { Partial, Loras, Index })
            {
                Directory.CreateDirectory(each);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidConfigurationException($"Fetch:CacheFolder: '{root}' cannot be written to: {e.Message}", e);
        }
        try
        {
            // The lock ends with the process, however that ends.
            ownership = new FileStream(Path.Combine(root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidConfigurationException($"Fetch:CacheFolder: '{root}' is in use by another process, and must be one process's own", e);
        }
        // Only names of ours, and no links: the folder may be one that the operator keeps other things in.
        foreach (string left in OwnFiles.In(Partial, name => Guid.TryParseExact(name, "N", out _)))
        {
            OwnFiles.TryRemove(left, log);
        }
    }

    /// <summary>Whether that is the name of a file here: a SHA-256 with that extension.</summary>
    public static bool IsHashed(string name, string extension) =>
        name.EndsWith(extension, StringComparison.Ordinal) && name[..^extension.Length] is { Length: 64 } hash && hash.All(char.IsAsciiHexDigitLower);

    public string Partial { get; }

    public string Loras { get; }

    public string Index { get; }

    public void Dispose() => ownership.Dispose();
}
