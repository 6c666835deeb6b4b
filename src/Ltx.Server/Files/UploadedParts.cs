using Ltx.Server.Storage;

namespace Ltx.Server.Files;

/// <summary>The parts of unfinished uploads: rows in the database, bytes in the data folder.</summary>
internal sealed class UploadedParts(DataFolder folder, Database database, ILogger<UploadedParts> logger)
{
    public List<UploadedPart> Of(string id) => database.Read(db => db.Query(
        "SELECT number, size, etag FROM parts WHERE file_id = $id", r => new UploadedPart((int)r.Number("number")!.Value, r.Number("size")!.Value, r.Text("etag")!), ("$id", id)));

    /// <summary>Where the bytes of a part lie; 0 is the whole upload's. The folder is there.</summary>
    public string PathOf(string id, int number)
    {
        var parts = FolderOf(id);
        DurableFile.CreateFolder(parts);
        return Path.Combine(parts, number.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Moves written bytes to their place, where an earlier try's may lie, and stores their row.</summary>
    public Task SaveAsync(string id, UploadedPart part, string written)
    {
        DurableFile.Publish(written, PathOf(id, part.Number));
        return database.WriteAsync(db => db.Execute("INSERT OR REPLACE INTO parts(file_id, number, size, etag) VALUES($id, $number, $size, $etag)",
            ("$id", id), ("$number", part.Number), ("$size", part.Size), ("$etag", part.ETag)));
    }

    /// <summary>Removes the bytes of all parts.</summary>
    public void Remove(string id) => OwnFiles.TryRemove(FolderOf(id), logger);

    private string FolderOf(string id) => Path.Combine(folder.Parts, id);
}

/// <summary>One part of a multipart upload that has arrived.</summary>
internal sealed record UploadedPart(int Number, long Size, string ETag);
