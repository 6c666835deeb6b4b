using System.Text.Json;
using Ltx.Server.Storage;
using Microsoft.Win32.SafeHandles;

namespace Ltx.Server.Models;

/// <summary>
/// A file on its way: <c>NAME.part</c> with the bytes, and <c>NAME.part.json</c> that says of which version they are and which segments are
/// there, so that another process can go on. What the note does not vouch for is loaded again.
/// </summary>
internal sealed class PartialFile : IDisposable
{
    private const string Ending = ".part", NoteEnding = ".json";

    private readonly SafeFileHandle handle;
    private readonly string notePath;
    private readonly Lock gate = new();
    private readonly HashSet<int> finished = [];
    private string? tag;

    private PartialFile(HubFile file, string final, long segmentBytes)
    {
        File = file;
        Path = final + Ending;
        notePath = Path + NoteEnding;
        SegmentBytes = segmentBytes;
        Note? note = ReadNote(file, Path, segmentBytes);
        handle = System.IO.File.OpenHandle(Path, note is null ? FileMode.Create : FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        if (note is null) return;
        tag = note.Tag;
        finished.UnionWith(note.Finished.Where(segment => segment >= 0 && segment < Segments));
    }

    /// <summary>What it will be.</summary>
    public HubFile File { get; }

    /// <summary>Where the bytes are meanwhile.</summary>
    public string Path { get; }

    public long SegmentBytes { get; }

    public int Segments => (int)((File.Bytes + SegmentBytes - 1) / SegmentBytes);

    /// <summary>Segments that are not there yet.</summary>
    public IReadOnlyList<int> Open
    {
        get
        {
            lock (gate) return [.. Enumerable.Range(0, Segments).Where(segment => !finished.Contains(segment))];
        }
    }

    /// <summary>Bytes that are there.</summary>
    public long Done => File.Bytes - Open.Sum(segment => Span(segment).Length);

    /// <summary>The storage's own mark of the version, from the first answer that had one.</summary>
    public string? Tag
    {
        get
        {
            lock (gate) return tag;
        }
    }

    /// <param name="final">where it is to lie</param>
    public static PartialFile At(HubFile file, string final, long segmentBytes) => new(file, final, segmentBytes);

    /// <summary>Bytes that an earlier process left and that are still of use; looks, and makes nothing.</summary>
    public static long DoneAt(HubFile file, string final, long segmentBytes) =>
        ReadNote(file, final + Ending, segmentBytes) is { } note ? Math.Min(file.Bytes, note.Finished.Count * segmentBytes) : 0;

    public (long Start, long Length) Span(int segment)
    {
        long start = segment * SegmentBytes;
        return (start, Math.Min(SegmentBytes, File.Bytes - start));
    }

    /// <exception cref="ModelException">The disk does not take it.</exception>
    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        try
        {
            await RandomAccess.WriteAsync(handle, bytes, offset, cancellation);
        }
        // Told apart from the network's failures, which are worth another try.
        catch (IOException e)
        {
            throw new ModelException($"{Path} cannot be written: {e.Message}", e);
        }
    }

    /// <summary>The hash of the bytes, of the kind that the hub states.</summary>
    public Task<ContentHash> HashAsync(CancellationToken cancellation) => File.Hash.OfAsync(handle, null, cancellation);

    /// <summary>Notes that a segment is whole. Its bytes were written before.</summary>
    public void Finish(int segment)
    {
        lock (gate)
        {
            finished.Add(segment);
            WriteNote();
        }
    }

    /// <summary>True where this is the version that was begun with, or the first that says which it is.</summary>
    public bool Accepts(string? version)
    {
        lock (gate)
        {
            if (version is null || tag == version) return true;
            if (tag is not null) return false;
            tag = version;
            return true;
        }
    }

    /// <summary>Forgets all bytes.</summary>
    public void Restart()
    {
        lock (gate)
        {
            finished.Clear();
            tag = null;
            System.IO.File.Delete(notePath);
            RandomAccess.SetLength(handle, 0);
        }
    }

    /// <summary>Gives the file its name. Its content has been checked.</summary>
    public void Publish(string final)
    {
        Dispose();
        DurableFile.Publish(Path, final);
        System.IO.File.Delete(notePath);
    }

    public void Dispose() => handle.Dispose();

    // Replaced, never written over: a process that is killed in between leaves the older one.
    private void WriteNote()
    {
        string fresh = notePath + ".new";
        System.IO.File.WriteAllBytes(fresh, JsonSerializer.SerializeToUtf8Bytes(new Note(File.Hash, File.Bytes, SegmentBytes, tag, [.. finished.Order()])));
        System.IO.File.Move(fresh, notePath, overwrite: true);
    }

    // Null where there is nothing to go on with.
    private static Note? ReadNote(HubFile file, string path, long segmentBytes)
    {
        string note = path + NoteEnding;
        if (!System.IO.File.Exists(note) || !System.IO.File.Exists(path)) return null;
        try
        {
            Note? read = JsonSerializer.Deserialize<Note>(System.IO.File.ReadAllBytes(note));
            return read is not null && read.Hash == file.Hash && read.Bytes == file.Bytes && read.SegmentBytes == segmentBytes ? read : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Note(ContentHash Hash, long Bytes, long SegmentBytes, string? Tag, IReadOnlyList<int> Finished);
}
