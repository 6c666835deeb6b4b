using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ltx.Server.Storage;
using Microsoft.Extensions.Logging;

namespace Ltx.Server.Fetch;

/// <summary>
/// LoRAs by content hash, and by URL what was there last. A file appears under its hash by rename, whole and on the disk, or not at all.
/// The time of last use is the file's own modification time, so that it survives a restart.
/// </summary>
internal sealed class LoraCache
{
    private const string Extension = ".safetensors";

    /// <summary>Signed links are new URLs each time, so that URLs outnumber LoRAs by far. An entry takes one block of the disk: 40 MB.</summary>
    private const int MostIndexEntries = 10_000;

    /// <summary>Fields that are missing or null are an error too, not a null in the middle of a start.</summary>
    private static readonly JsonSerializerOptions Strict = new() { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    private readonly CacheFolder folder;
    private readonly long budget;
    private readonly ILogger log;
    private readonly Lock gate = new();
    private readonly Dictionary<string, CachedLora> entries = [];
    private long bytes;
    private int remembered;

    public LoraCache(CacheFolder folder, long budget, ILogger log)
    {
        this.folder = folder;
        this.budget = budget;
        this.log = log;
        foreach (string path in OwnFiles.In(folder.Loras, name => CacheFolder.IsHashed(name, Extension)))
        {
            FileInfo file = new(path);
            string sha256 = Path.GetFileNameWithoutExtension(file.Name);
            entries[sha256] = new CachedLora(sha256, file.FullName, file.Length) { LastUsed = file.LastWriteTimeUtc };
            bytes += file.Length;
        }
        foreach (string file in IndexFiles())
        {
            if (ReadIndex(file) is not IndexEntry known || !entries.ContainsKey(known.Sha256))
            {
                OwnFiles.TryRemove(file, log);
            }
        }
        TrimIndex();
        lock (gate)
        {
            Trim();
        }
    }

    /// <summary>Bytes of all cached LoRAs.</summary>
    public long Bytes
    {
        get
        {
            lock (gate)
            {
                return bytes;
            }
        }
    }

    /// <summary>The LoRA with this hash, held until the pin is disposed; null where it is not cached.</summary>
    public PinnedLora? TryPin(string sha256, string? contentType)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(sha256, out CachedLora? entry))
            {
                return null;
            }
            // Somebody tidied the folder by hand, or a copy of it is incomplete.
            if (new FileInfo(entry.FilePath) is not { Exists: true } file || file.Length != entry.Length)
            {
                Remove(entry);
                return null;
            }
            return Pin(entry, contentType);
        }
    }

    /// <summary>Takes a complete download in. Where the same content is cached already the new copy is removed.</summary>
    public async Task<PinnedLora> AddAsync(TempFile download, string? contentType)
    {
        long length = download.Length;
        string sha256 = await download.CompleteAsync(durable: true);
        if (TryPin(sha256, contentType) is PinnedLora cached)
        {
            return cached;
        }
        string path = Path.Combine(folder.Loras, sha256 + Extension);
        lock (gate)
        {
            // Two downloads of one content may end together; the second rename replaces a file by its equal, and readers keep the one they opened.
            File.Move(download.FilePath, path, overwrite: true);
            download.HandOn();
            if (!entries.TryGetValue(sha256, out CachedLora? entry))
            {
                entries[sha256] = entry = new CachedLora(sha256, path, length);
                bytes += length;
            }
            PinnedLora pin = Pin(entry, contentType);
            Trim();
            return pin;
        }
    }

    public IndexEntry? Find(Uri url) => ReadIndex(IndexPath(url));

    /// <summary>The write is a rename: a crash leaves the old entry or the new one.</summary>
    public async Task RememberAsync(Uri url, IndexEntry entry)
    {
        string partial = Path.Combine(folder.Partial, Guid.NewGuid().ToString("N"));
        try
        {
            await File.WriteAllTextAsync(partial, JsonSerializer.Serialize(entry));
            File.Move(partial, IndexPath(url), overwrite: true);
            if (Interlocked.Increment(ref remembered) % MostIndexEntries == 0)
            {
                TrimIndex();
            }
        }
        finally
        {
            File.Delete(partial);
        }
    }

    internal PinnedLora PinAgain(CachedLora entry, string? contentType)
    {
        lock (gate)
        {
            return Pin(entry, contentType);
        }
    }

    internal void Release(CachedLora entry)
    {
        lock (gate)
        {
            entry.Pins--;
            Trim();
        }
    }

    private PinnedLora Pin(CachedLora entry, string? contentType)
    {
        entry.LastUsed = DateTime.UtcNow;
        File.SetLastWriteTimeUtc(entry.FilePath, entry.LastUsed);
        // Last: where the disk fails above, nobody holds a pin that could be released.
        entry.Pins++;
        return new PinnedLora(this, entry, contentType);
    }

    /// <summary>Call under the lock. What is in use stays, and the sum may pass the budget until it is released.</summary>
    private void Trim()
    {
        foreach (CachedLora entry in entries.Values.Where(e => e.Pins == 0).OrderBy(e => e.LastUsed).ToArray())
        {
            if (bytes <= budget)
            {
                return;
            }
            log.LogInformation("Removed LoRA {Sha256} ({Bytes} bytes) from the cache: it was the one not used for longest", entry.Sha256, entry.Length);
            Remove(entry);
        }
    }

    private void Remove(CachedLora entry)
    {
        OwnFiles.TryRemove(entry.FilePath, log);
        entries.Remove(entry.Sha256);
        bytes -= entry.Length;
    }

    private void TrimIndex()
    {
        foreach (string old in IndexFiles().OrderByDescending(File.GetLastWriteTimeUtc).Skip(MostIndexEntries))
        {
            OwnFiles.TryRemove(old, log);
        }
    }

    private IEnumerable<string> IndexFiles() => OwnFiles.In(folder.Index, name => CacheFolder.IsHashed(name, ".json"));

    private string IndexPath(Uri url) =>
        Path.Combine(folder.Index, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(url.GetLeftPart(UriPartial.Query)))) + ".json");

    /// <summary>Null where there is no entry, or none that can be read: then the file is simply downloaded again.</summary>
    private IndexEntry? ReadIndex(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<IndexEntry>(File.ReadAllText(path), Strict);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException e)
        {
            log.LogWarning(e, "The cache's index entry {Path} is broken and is not used", path);
            return null;
        }
    }
}

