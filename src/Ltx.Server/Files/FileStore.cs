using System.Security.Cryptography;
using Ltx.Server.Configuration;
using Ltx.Server.Storage;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Files;

/// <summary>Files of ours: rows in the database, bytes in the data folder under names made from ids.</summary>
internal sealed class FileStore(LtxOptions options, DataFolder folder, Database database, TimeProvider clock, ILogger<FileStore> logger) : ISwept
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _leases = [];

    public string Kind => "files";

    public string PathOf(string id) => Path.Combine(folder.Files, id[..2], id);

    public StoredFile? Find(string id) =>
        FileId.Is(id) ? database.Read(db => db.Query("SELECT * FROM files WHERE id = $id", Map, ("$id", id))).FirstOrDefault() : null;

    /// <summary>Inserts a row within somebody else's commit (an output together with its request's end).</summary>
    public static void Insert(SqliteConnection db, StoredFile file) => db.Execute(
        """
        INSERT INTO files(id, kind, state, owner, request_id, file_name, content_type, size, etag, secret, created_at, lifetime_seconds, expires_at)
        VALUES($id, $kind, $state, $owner, $request, $name, $type, $size, $etag, $secret, $created, $lifetime, $expires)
        """,
        ("$id", file.Id), ("$kind", file.Kind), ("$state", file.State), ("$owner", file.Owner), ("$request", file.RequestId), ("$name", file.FileName),
        ("$type", file.ContentType), ("$size", file.Size), ("$etag", file.ETag), ("$secret", file.Secret), ("$created", file.CreatedAt),
        ("$lifetime", file.LifetimeSeconds), ("$expires", file.ExpiresAt));

    public Task InsertAsync(StoredFile file) => database.WriteAsync(db => Insert(db, file));

    /// <summary>Moves a finished output into the store: bytes and name are on disk, the row comes with the request's end.</summary>
    public Task<StoredFile> AdoptOutputAsync(string requestId, string owner, string path, string contentType, double? outputSeconds) =>
        AdoptAsync(DurableFile.Publish, FileKind.Output, requestId, owner, path, contentType, OutputLifetime(outputSeconds));

    /// <summary>The same, and the file stays where it is, too: whoever has worked for hours keeps it until the request's end is on disk.</summary>
    public Task<StoredFile> ShareOutputAsync(string requestId, string owner, string path, string contentType, double? outputSeconds) =>
        AdoptAsync(DurableFile.PublishToo, FileKind.Output, requestId, owner, path, contentType, OutputLifetime(outputSeconds));

    /// <summary>Moves a file that the server made for a client into the store, as if the client had uploaded it.</summary>
    public async Task<StoredFile> AdoptUploadAsync(string owner, string path, string contentType)
    {
        var lifetime = options.Files.UploadLifetime.TotalSeconds;
        var file = await AdoptAsync(DurableFile.Publish, FileKind.Upload, requestId: null, owner, path, contentType, lifetime);
        try
        {
            await InsertAsync(file);
        }
        catch
        {
            OwnFiles.TryRemove(PathOf(file.Id), logger);
            throw;
        }

        return file;
    }

    /// <summary>Marks an upload as complete; its life begins now. False when somebody else completed or deleted it.</summary>
    public Task<bool> MarkReadyAsync(StoredFile file, long size, string etag, string contentType)
    {
        var now = clock.GetUtcNow();
        return database.WriteAsync(db => db.Execute(
            "UPDATE files SET state = 1, size = $size, etag = $etag, content_type = $type, expires_at = $expires WHERE id = $id AND state = 0",
            ("$id", file.Id), ("$size", size), ("$etag", etag), ("$type", contentType), ("$expires", file.LifetimeSeconds is { } s ? now.AddSeconds(s) : null)) == 1);
    }

    /// <summary>The file for reading, or null when it is not (or no longer) there.</summary>
    public FileLease? Lease(string id)
    {
        lock (_gate)
        {
            if (Find(id) is not { State: FileState.Ready } file || IsExpired(file) || !File.Exists(PathOf(id)))
            {
                return null;
            }

            _leases[id] = _leases.GetValueOrDefault(id) + 1;
            return new FileLease(file, PathOf(id), () => Release(id));
        }
    }

    /// <summary>The id of the file of ours that a URL names. Ids are unguessable, so the host need not be looked at: ours has many names.</summary>
    public string? IdFromUrl(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            return null;
        }

        var segments = uri.AbsolutePath.Split('/');
        return segments is ["", "files", var id, _] && FileId.Is(id) && Find(id) is { State: FileState.Ready } ? id : null;
    }

    /// <summary>The ids of what a request has made and is still there.</summary>
    public IReadOnlyList<string> OutputsOf(string requestId) =>
        database.Read(db => db.Query("SELECT id FROM files WHERE request_id = $id AND state = 1", r => r.Text("id")!, ("$id", requestId)));

    /// <summary>The file is gone for everybody when this returns; its bytes go once nobody uses them.</summary>
    public async Task DeleteAsync(string id)
    {
        await database.WriteAsync(db => db.Execute("UPDATE files SET state = 2, expires_at = $now WHERE id = $id", ("$id", id), ("$now", clock.GetUtcNow())));
        await RemoveBytesAsync(id);
    }

    /// <summary>Ends the life of what has expired, of uploads never finished and of bytes without a row. Returns how many files went.</summary>
    public async Task<int> SweepAsync()
    {
        var now = clock.GetUtcNow();
        await database.WriteAsync(db =>
        {
            // An upload that an unfinished request names outlives its own end.
            db.Execute(
                """
                UPDATE files SET state = 2 WHERE state = 1 AND expires_at IS NOT NULL AND expires_at <= $now AND NOT EXISTS(
                  SELECT 1 FROM input_files i JOIN requests r ON r.id = i.request_id WHERE i.file_id = files.id AND r.state < 2)
                """, ("$now", now));
            db.Execute("UPDATE files SET state = 2, expires_at = $now WHERE state = 0 AND created_at <= $before", ("$now", now), ("$before", now - options.Files.UnfinishedUploadLifetime));
        });
        var ids = database.Read(db => db.Query("SELECT id FROM files WHERE state = 2 AND expires_at IS NOT NULL", r => r.Text("id")!));
        var removed = 0;
        foreach (var id in ids)
        {
            removed += await RemoveBytesAsync(id) ? 1 : 0;
        }

        return removed;
    }

    /// <summary>Removes bytes that a crash left without a row. Only at the start, when nothing is being written.</summary>
    public void RemoveStrays()
    {
        var shares = OwnFiles.FoldersIn(folder.Files, name => name.Length == 2 && name.All(char.IsAsciiHexDigitLower));
        foreach (var path in shares.SelectMany(share => OwnFiles.In(share, FileId.Is)))
        {
            // An upload whose bytes are in their place and whose row does not say so was never acknowledged.
            if (Find(Path.GetFileName(path)) is null or { State: FileState.Pending })
            {
                OwnFiles.TryRemove(path, logger);
            }
        }

        foreach (var path in OwnFiles.FoldersIn(folder.Parts, FileId.Is))
        {
            if (Find(Path.GetFileName(path)) is not { State: FileState.Pending })
            {
                OwnFiles.TryRemove(path, logger);
            }
        }

        foreach (var path in OwnFiles.FoldersIn(folder.Work, DataFolder.IsWork))
        {
            OwnFiles.TryRemove(path, logger);
        }
    }

    public static async Task<string> HashAsync(string path)
    {
        await using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan | FileOptions.Asynchronous);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream));
    }

    /// <summary>Bytes and name are on disk when this returns; the row is the caller's.</summary>
    private async Task<StoredFile> AdoptAsync(
        Action<string, string> publish, FileKind kind, string? requestId, string owner, string path, string contentType, double? lifetime)
    {
        var id = FileId.New();
        var now = clock.GetUtcNow();
        var hash = await HashAsync(path);
        DurableFile.CreateFolder(Path.GetDirectoryName(PathOf(id))!);
        publish(path, PathOf(id));
        return new StoredFile
        {
            Id = id,
            Kind = kind,
            State = FileState.Ready,
            Owner = owner,
            RequestId = requestId,
            FileName = id[..12] + ContentTypes.Extension(contentType, path),
            ContentType = contentType,
            Size = new FileInfo(PathOf(id)).Length,
            ETag = hash,
            CreatedAt = now,
            LifetimeSeconds = lifetime,
            ExpiresAt = lifetime is { } s ? now.AddSeconds(s) : null,
        };
    }

    /// <summary>Seconds; null for good.</summary>
    private double? OutputLifetime(double? asked) => asked switch { null => options.Files.OutputLifetime.TotalSeconds, < 0 => null, _ => asked };

    private bool IsExpired(StoredFile file) => file.ExpiresAt is { } end && end <= clock.GetUtcNow() && !IsNeeded(file.Id);

    private bool IsNeeded(string id) => database.Read(db => db.Scalar<long>(
        "SELECT count(*) FROM input_files i JOIN requests r ON r.id = i.request_id WHERE i.file_id = $id AND r.state < 2", ("$id", id))) > 0;

    private void Release(string id)
    {
        lock (_gate)
        {
            if (--_leases[id] == 0)
            {
                _leases.Remove(id);
            }
        }
    }

    /// <summary>False while somebody holds a lease or the disk refuses; the next sweep tries again.</summary>
    private async Task<bool> RemoveBytesAsync(string id)
    {
        lock (_gate)
        {
            if (_leases.ContainsKey(id))
            {
                return false;
            }

            if (!OwnFiles.TryRemove(PathOf(id), logger) || !OwnFiles.TryRemove(Path.Combine(folder.Parts, id), logger))
            {
                return false; // its row stays, and so does the wish
            }
        }

        await database.WriteAsync(db => db.Execute("DELETE FROM files WHERE id = $id AND state = 2", ("$id", id)));
        return true;
    }

    private static StoredFile Map(SqliteDataReader r) => new()
    {
        Id = r.Text("id")!,
        Kind = (FileKind)r.Number("kind")!.Value,
        State = (FileState)r.Number("state")!.Value,
        Owner = r.Text("owner")!,
        RequestId = r.Text("request_id"),
        FileName = r.Text("file_name")!,
        ContentType = r.Text("content_type")!,
        Size = r.Number("size") ?? 0,
        ETag = r.Text("etag"),
        Secret = r.Text("secret"),
        CreatedAt = r.Time("created_at")!.Value,
        LifetimeSeconds = r.Real("lifetime_seconds"),
        ExpiresAt = r.Time("expires_at"),
    };
}
