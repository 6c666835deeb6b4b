using System.Buffers;
using System.Security.Cryptography;
using Ltx.Server.Configuration;
using Ltx.Server.Http;
using Ltx.Server.Storage;

namespace Ltx.Server.Files;

/// <summary>Takes uploads, whole or in parts. Bytes are written beside the store and published when they are complete.</summary>
internal sealed class UploadService(LtxOptions options, UploadedParts parts, FileStore files, DiskBudget budget, TimeProvider clock, ILogger<UploadService> logger)
{
    /// <summary>S3's bound, which both clients stay far below.</summary>
    private const int MostParts = 10_000;

    private readonly Turns _turns = new(
        options.Files.ConcurrentUploads, TimeSpan.FromSeconds(options.Files.UploadWaitSeconds), "Too many uploads are being written. Please try again.");

    private readonly Dictionary<string, UploadSession> _sessions = [];

    /// <summary>A new upload: its row is on disk, its bytes are still to come. <paramref name="lifetime"/> null: the default; infinite: for good.</summary>
    public async Task<StoredFile> BeginAsync(string owner, string? contentType, string? clientName, TimeSpan? lifetime)
    {
        budget.Require(0);
        var id = FileId.New();
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

        return RequirePending(file);
    }

    /// <summary>Bytes that an upload may have: a zip may be a data set.</summary>
    public long LimitOf(StoredFile file) =>
        options.Training.Enabled && Path.GetExtension(file.FileName) == ".zip"
            ? Math.Max(options.Files.MaxUploadBytes, options.Training.MaxDataSetBytes)
            : options.Files.MaxUploadBytes;

    /// <summary>Writes the whole content of an upload.</summary>
    public async Task WriteAsync(StoredFile file, string who, Stream body, long? length, string? contentType, CancellationToken ct)
    {
        using var turn = await _turns.EnterAsync(who, ct);
        using var session = Join(file);
        using var room = budget.Reserve(length ?? 0);
        await using var arrived = await ReceiveAsync(session.Value, 0, body, parts.PathOf(file.Id, 0), room, ct);
        await session.Value.Turn.WaitAsync(ct);
        try
        {
            var type = contentType is null ? file.ContentType : ContentTypes.Normalise(contentType);
            await PublishAsync(file, arrived.Path, arrived.Size, arrived.Hash, type);
            room.Keep();
        }
        finally
        {
            session.Value.Turn.Release();
        }
    }

    /// <summary>Writes one part; the same number again replaces it, as a client's retry does.</summary>
    public async Task<UploadedPart> WritePartAsync(StoredFile file, int number, string who, Stream body, long? length, CancellationToken ct)
    {
        if (number is < 1 or > MostParts)
        {
            throw new UploadException(400, $"Part numbers go from 1 to {MostParts}.");
        }

        using var turn = await _turns.EnterAsync(who, ct);
        using var session = Join(file);
        using var room = budget.Reserve(length ?? 0);
        await using var arrived = await ReceiveAsync(session.Value, number, body, parts.PathOf(file.Id, number), room, ct);
        if (arrived.Size == 0)
        {
            throw new UploadException(400, "The part is empty. (fal_client.upload() of more than 100 MiB sends such parts; use upload_file().)");
        }

        UploadedPart part = new(number, arrived.Size, arrived.Hash);
        await session.Value.Turn.WaitAsync(ct);
        try
        {
            RequirePending(files.Find(file.Id));
            await parts.SaveAsync(file.Id, part, arrived.Path);
            room.Keep();
            arrived.Part = part;
            return part;
        }
        finally
        {
            session.Value.Turn.Release();
        }
    }

    /// <summary>Joins the named parts, in the order of their numbers whatever the order of the list.</summary>
    public async Task CompleteAsync(StoredFile file, string who, IReadOnlyList<(int Number, string ETag)> named, CancellationToken ct)
    {
        var ordered = named.OrderBy(p => p.Number).ToArray();
        if (ordered.Length == 0 || ordered.Select(p => p.Number).Distinct().Count() != ordered.Length)
        {
            throw new UploadException(400, "The list of parts is empty or names a part twice.");
        }

        using var turn = await _turns.EnterAsync(who, ct);
        using var session = Join(file);
        await session.Value.Turn.WaitAsync(ct);
        try
        {
            RequirePending(files.Find(file.Id));
            var have = parts.Of(file.Id).ToDictionary(p => p.Number);
            foreach (var (number, etag) in ordered)
            {
                if (!have.TryGetValue(number, out var part) || !string.Equals(part.ETag, etag.Trim('"'), StringComparison.OrdinalIgnoreCase))
                {
                    throw new UploadException(400, $"Part {number} has not arrived, or its etag is another one.");
                }
            }

            using var room = budget.Reserve(ordered.Sum(p => have[p.Number].Size), replaces: true);
            var joined = parts.PathOf(file.Id, 0);
            var (size, hash) = await JoinAsync(file.Id, [.. ordered.Select(p => have[p.Number])], joined, room, ct);
            await PublishAsync(file, joined, size, hash, file.ContentType);
        }
        finally
        {
            session.Value.Turn.Release();
        }
    }

    /// <summary>Ends an upload. Call in the session's turn: the row is looked at first, and nobody changes it until it says that the file is there.</summary>
    private async Task PublishAsync(StoredFile file, string temporary, long size, string hash, string contentType)
    {
        RequirePending(files.Find(file.Id));
        DurableFile.CreateFolder(Path.GetDirectoryName(files.PathOf(file.Id))!);
        DurableFile.Publish(temporary, files.PathOf(file.Id));
        if (!await files.MarkReadyAsync(file, size, hash, contentType))
        {
            throw new UploadException(400, "This upload has reached the end of its life."); // swept meanwhile, and the next sweep takes the bytes
        }
    }

    private static StoredFile RequirePending(StoredFile? file) =>
        file is { State: FileState.Pending } ? file : throw new UploadException(400, "This upload is already complete.");

    private async Task<(long Size, string Hash)> JoinAsync(
        string id, IReadOnlyList<UploadedPart> ordered, string path, DiskReservation room, CancellationToken ct)
    {
        long size = 0;
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using FileStream target = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
        foreach (var part in ordered)
        {
            using var own = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using FileStream source = new(
                parts.PathOf(id, part.Number), FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
            size += await CopyAsync(source, target, bytes =>
            {
                room.Write(bytes.Length);
                whole.AppendData(bytes);
                own.AppendData(bytes);
            }, ct);

            // A part that was replaced and whose row could not be written has the old etag.
            if (Convert.ToHexStringLower(own.GetHashAndReset()) != part.ETag)
            {
                throw new UploadException(400, $"Part {part.Number} is not what its etag says. Please send it again.");
            }
        }

        return (size, Convert.ToHexStringLower(whole.GetHashAndReset()));
    }

    private SessionUse Join(StoredFile file)
    {
        var id = file.Id;
        lock (_sessions)
        {
            if (!_sessions.TryGetValue(id, out var session))
            {
                _sessions[id] = session = new UploadSession(parts.Of(id), LimitOf(file));
            }

            session.Users++;
            return new SessionUse(session, () => Leave(id, session));
        }
    }

    /// <summary>The last one to leave a complete upload removes its parts.</summary>
    private void Leave(string id, UploadSession session)
    {
        lock (_sessions)
        {
            if (--session.Users > 0)
            {
                return;
            }

            _sessions.Remove(id);
            session.Dispose();
            if (files.Find(id) is not { State: FileState.Pending })
            {
                parts.Remove(id);
            }
        }
    }

    /// <summary>Writes a body beside where it shall lie: a retry may overlap the try before it.</summary>
    private async Task<Arrival> ReceiveAsync(UploadSession session, int number, Stream body, string path, DiskReservation room, CancellationToken ct)
    {
        Arrival arrival = new(session, path + "." + RandomNumberGenerator.GetHexString(8), logger);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using FileStream target = new(arrival.Path, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
            await CopyAsync(body, target, bytes =>
            {
                arrival.Size += bytes.Length;
                session.Take(number, bytes.Length);
                room.Write(bytes.Length);
                hash.AppendData(bytes);
            }, ct);
            arrival.Hash = Convert.ToHexStringLower(hash.GetHashAndReset());
            return arrival;
        }
        catch
        {
            await arrival.DisposeAsync();
            throw;
        }
    }

    /// <param name="source">is read to its end</param>
    /// <param name="target">gets what was read</param>
    /// <param name="coming">sees the bytes before they are written, and may refuse them</param>
    /// <param name="ct">ends it</param>
    private static async Task<long> CopyAsync(Stream source, Stream target, SpanAction coming, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 17);
        try
        {
            long size = 0;
            int read;
            while ((read = await source.ReadAsync(buffer, ct)) > 0)
            {
                size += read;
                coming(buffer.AsSpan(0, read));
                await target.WriteAsync(buffer.AsMemory(0, read), ct);
            }

            return size;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private delegate void SpanAction(ReadOnlySpan<byte> bytes);

    private readonly struct SessionUse(UploadSession session, Action leave) : IDisposable
    {
        public UploadSession Value => session;

        public void Dispose() => leave();
    }

    /// <summary>A body that has been written, or is being; whatever of it has not been moved to its place is removed.</summary>
    private sealed class Arrival(UploadSession session, string path, ILogger logger) : IAsyncDisposable
    {
        public string Path => path;

        public long Size { get; set; }

        public string Hash { get; set; } = "";

        /// <summary>The part that it has become.</summary>
        public UploadedPart? Part { get; set; }

        public ValueTask DisposeAsync()
        {
            session.Settle(Size, Part);
            OwnFiles.TryRemove(path, logger);
            return ValueTask.CompletedTask;
        }
    }
}
