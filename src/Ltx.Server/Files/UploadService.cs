using System.Buffers;
using System.Security.Cryptography;
using Ltx.Server.Configuration;
using Ltx.Server.Storage;

namespace Ltx.Server.Files;

/// <summary>Takes uploads, whole or in parts. Bytes are written beside the store and published when they are complete.</summary>
internal sealed class UploadService(LtxOptions options, DataFolder folder, Database database, FileStore files, DiskBudget budget, TimeProvider clock) : IDisposable
{
    /// <summary>S3's bound, which both clients stay far below.</summary>
    private const int MostParts = 10_000;

    private readonly SemaphoreSlim _slots = new(options.Files.ConcurrentUploads);

    /// <summary>A new upload: its row is on disk, its bytes are still to come. <paramref name="lifetime"/> null: the default; infinite: for good.</summary>
    public async Task<StoredFile> BeginAsync(string owner, string? contentType, string? clientName, TimeSpan? lifetime)
    {
        budget.Require(0);
        var id = FileStore.NewId();
        var type = ContentTypes.Normalise(contentType);
        var seconds = (lifetime ?? options.Files.UploadLifetime) is { } span && span == Timeout.InfiniteTimeSpan ? (double?)null : (lifetime ?? options.Files.UploadLifetime).TotalSeconds;
        StoredFile file = new()
        {
            Id = id,
            Kind = FileKind.Upload,
            State = FileState.Pending,
            Owner = owner,
            FileName = id[..12] + ContentTypes.Extension(type, clientName),
            ContentType = type,
            Secret = RandomNumberGenerator.GetHexString(32, lowercase: true),
            CreatedAt = clock.GetUtcNow(),
            LifetimeSeconds = seconds,
        };
        await files.InsertAsync(file);
        return file;
    }

    /// <summary>The pending upload with that secret.</summary>
    public StoredFile Pending(string id, string? secret)
    {
        var file = files.Find(id);
        var given = System.Text.Encoding.UTF8.GetBytes(secret ?? "");
        var expected = System.Text.Encoding.UTF8.GetBytes(file?.Secret ?? new string('-', 32));
        if (file is null || !CryptographicOperations.FixedTimeEquals(given, expected))
        {
            throw new UploadException(403, "This upload does not exist, or the URL's signature is wrong.");
        }

        return file.State == FileState.Pending ? file : throw new UploadException(400, "This upload is already complete.");
    }

    /// <summary>Writes the whole content of an upload.</summary>
    public async Task WriteAsync(StoredFile file, Stream body, long? length, string? contentType, CancellationToken ct)
    {
        using var slot = await EnterAsync(ct);
        budget.Require(length ?? 0);
        var temporary = PartPath(file.Id, 0) + "." + RandomNumberGenerator.GetHexString(8); // a retry may overlap the try before it
        var (size, hash) = await ReceiveAsync(body, temporary, options.Files.MaxUploadBytes, ct);
        await PublishAsync(file, temporary, size, hash, contentType is null ? file.ContentType : ContentTypes.Normalise(contentType));
    }

    /// <summary>Writes one part; the same number again replaces it, as a client's retry does.</summary>
    public async Task<UploadedPart> WritePartAsync(StoredFile file, int number, Stream body, long? length, CancellationToken ct)
    {
        if (number is < 1 or > MostParts)
        {
            throw new UploadException(400, $"Part numbers go from 1 to {MostParts}.");
        }

        using var slot = await EnterAsync(ct);
        budget.Require(length ?? 0);
        var had = Parts(file.Id).Where(p => p.Number != number).Sum(p => p.Size);
        var path = PartPath(file.Id, number);
        var temporary = path + "." + RandomNumberGenerator.GetHexString(8);
        var (size, hash) = await ReceiveAsync(body, temporary, options.Files.MaxUploadBytes - had, ct);
        if (size == 0)
        {
            File.Delete(temporary);
            throw new UploadException(400, "The part is empty. (fal_client.upload() of more than 100 MiB sends such parts; use upload_file().)");
        }

        DurableFile.Publish(temporary, path);
        await database.WriteAsync(db => db.Execute("INSERT OR REPLACE INTO parts(file_id, number, size, etag) VALUES($id, $number, $size, $etag)",
            ("$id", file.Id), ("$number", number), ("$size", size), ("$etag", hash)));
        return new UploadedPart(number, size, hash);
    }

    /// <summary>Joins the named parts, in the order of their numbers whatever the order of the list.</summary>
    public async Task CompleteAsync(StoredFile file, IReadOnlyList<(int Number, string ETag)> named, CancellationToken ct)
    {
        var have = Parts(file.Id).ToDictionary(p => p.Number);
        var ordered = named.OrderBy(p => p.Number).ToArray();
        if (ordered.Length == 0 || ordered.Select(p => p.Number).Distinct().Count() != ordered.Length)
        {
            throw new UploadException(400, "The list of parts is empty or names a part twice.");
        }

        foreach (var (number, etag) in ordered)
        {
            if (!have.TryGetValue(number, out var part) || !string.Equals(part.ETag, etag.Trim('"'), StringComparison.OrdinalIgnoreCase))
            {
                throw new UploadException(400, $"Part {number} has not arrived, or its etag is another one.");
            }
        }

        using var slot = await EnterAsync(ct);
        budget.Require(ordered.Sum(p => have[p.Number].Size));
        var joined = PartPath(file.Id, 0);
        long size = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (FileStream target = new(joined, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous))
        {
            foreach (var (number, _) in ordered)
            {
                await using FileStream part = new(PartPath(file.Id, number), FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
                size += await CopyAsync(part, target, hash, long.MaxValue, ct);
            }
        }

        await PublishAsync(file, joined, size, Convert.ToHexStringLower(hash.GetHashAndReset()), file.ContentType);
    }

    public void Dispose() => _slots.Dispose();

    private List<UploadedPart> Parts(string id) => database.Read(db => db.Query(
        "SELECT number, size, etag FROM parts WHERE file_id = $id", r => new UploadedPart((int)r.Number("number")!.Value, r.Number("size")!.Value, r.Text("etag")!), ("$id", id)));

    private string PartPath(string id, int number)
    {
        var parts = Path.Combine(folder.Parts, id);
        DurableFile.CreateFolder(parts);
        return Path.Combine(parts, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private async Task PublishAsync(StoredFile file, string temporary, long size, string hash, string contentType)
    {
        DurableFile.CreateFolder(Path.GetDirectoryName(files.PathOf(file.Id))!);
        DurableFile.Publish(temporary, files.PathOf(file.Id));
        if (!await files.MarkReadyAsync(file, size, hash, contentType))
        {
            throw new UploadException(400, "This upload is already complete.");
        }

        Directory.Delete(Path.Combine(folder.Parts, file.Id), recursive: true);
    }

    private async Task<Slot> EnterAsync(CancellationToken ct)
    {
        if (!await _slots.WaitAsync(TimeSpan.FromSeconds(options.Files.UploadWaitSeconds), ct))
        {
            throw new UploadException(503, "Too many uploads are being written. Please try again.");
        }

        return new Slot(_slots);
    }

    private static async Task<(long Size, string Hash)> ReceiveAsync(Stream body, string path, long most, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            await using FileStream target = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
            var size = await CopyAsync(body, target, hash, most, ct);
            return (size, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    private static async Task<long> CopyAsync(Stream source, Stream target, IncrementalHash hash, long most, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
        try
        {
            long size = 0;
            int read;
            while ((read = await source.ReadAsync(buffer, ct)) > 0)
            {
                size += read;
                if (size > most)
                {
                    throw new UploadException(413, $"The upload is larger than the server takes ({most} bytes).");
                }

                hash.AppendData(buffer, 0, read);
                await target.WriteAsync(buffer.AsMemory(0, read), ct);
            }

            return size;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private readonly struct Slot(SemaphoreSlim slots) : IDisposable
    {
        public void Dispose() => slots.Release();
    }
}
