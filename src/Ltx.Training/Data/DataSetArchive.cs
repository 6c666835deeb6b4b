using System.IO.Compression;
using Ltx.Inference.Weights;

namespace Ltx.Training.Data;

/// <summary>
/// Unpacks a zip that nobody vouches for. Names are looked at before the first byte is written, sizes are counted while they are written, and where
/// anything is refused nothing is left: the folder has its name when it is whole.
/// </summary>
internal static class DataSetArchive
{
    // S_IFMT and what of it may be in an archive: no kind at all (made on a system that has none), a regular file, a folder.
    private const int KindMask = 0xF000, RegularFile = 0x8000, Folder = 0x4000;

    private const int UnixModeShift = 16;

    private const string Damaged = "is damaged or cut off";

    /// <param name="archive">the file</param>
    /// <param name="folder">is made; one that a killed process left unfinished is made anew</param>
    /// <param name="limits">null for the defaults</param>
    /// <exception cref="DataSetException">The archive cannot be used; there is no folder then.</exception>
    /// <exception cref="IOException">The folder is there already, or cannot be written.</exception>
    public static void Extract(string archive, string folder, DataSetLimits? limits = null, CancellationToken cancellation = default)
    {
        folder = Path.GetFullPath(folder);
        if (Directory.Exists(folder)) throw new IOException($"{folder} exists already.");
        string partial = folder + TensorFile.PartialEnding;
        Remove(partial);
        try
        {
            using FileStream file = Open(archive);
            Unpack(file, Directory.CreateDirectory(partial).FullName, limits ?? DataSetLimits.Default, cancellation);
            Directory.Move(partial, folder);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new DataSetException("The archive is no zip file, or one that is damaged or cut off.", e);
        }
        finally
        {
            Remove(partial);
        }
    }

    private static FileStream Open(string archive)
    {
        try
        {
            return new FileStream(archive, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataSetException("The archive does not exist.", e);
        }
    }

    private static void Unpack(FileStream file, string folder, DataSetLimits limits, CancellationToken cancellation)
    {
        using ArchiveListing listing = new(file, limits);
        using ZipArchive zip = new(listing, ZipArchiveMode.Read, leaveOpen: true);
        List<(ZipArchiveEntry Entry, string Name)> files = Files(zip, limits);
        listing.Complete();
        UnpackedBytes bytes = new(limits, file.Length);
        foreach ((ZipArchiveEntry entry, string name) in files)
        {
            string path = Path.GetFullPath(Path.Combine(folder, name));
            // The names say so already; this says it of what becomes of them.
            if (!path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)) throw ArchiveEntryName.Outside(entry.FullName);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Write(entry, path, bytes, cancellation);
        }
    }

    private static List<(ZipArchiveEntry Entry, string Name)> Files(ZipArchive zip, DataSetLimits limits)
    {
        List<(ZipArchiveEntry Entry, string Name)> files = [];
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase), folders = new(StringComparer.OrdinalIgnoreCase);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            string[] parts = ArchiveEntryName.Parts(entry.FullName);
            int kind = (entry.ExternalAttributes >> UnixModeShift) & KindMask;
            if (kind is not (0 or RegularFile or Folder)) throw Refused(entry, "is a link or a device, and only files are taken");
            bool isFolder = kind == Folder || ArchiveEntryName.IsFolder(entry.FullName);
            if (isFolder || parts.Any(DataSetFolder.IsLeaving)) continue;
            if (entry.IsEncrypted) throw Refused(entry, "is encrypted; pack it without a password");
            string name = string.Join('/', parts);
            if (!names.Add(name)) throw Refused(entry, "is there twice, perhaps with other capitals");
            for (int i = 1; i < parts.Length; i++) folders.Add(string.Join('/', parts[..i]));
            files.Add((entry, name));
            if (files.Count > limits.MaxFiles) throw TooMany(limits);
        }
        if (files.Find(file => folders.Contains(file.Name)) is { Entry: { } both }) throw Refused(both, "is a file and a folder");
        return files.Count > 0 ? files : throw new DataSetException("The archive holds no files.");
    }

    private static void Write(ZipArchiveEntry entry, string path, UnpackedBytes bytes, CancellationToken cancellation)
    {
        using Stream packed = OpenEntry(entry);
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
        byte[] buffer = new byte[1 << 18];
        long length = 0;
        for (int count; (count = ReadEntry(entry, packed, buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            bytes.Count(entry.FullName, length += count, count);
            file.Write(buffer, 0, count);
        }
        if (length != entry.Length) throw Refused(entry, Damaged);
    }

    private static Stream OpenEntry(ZipArchiveEntry entry)
    {
        try
        {
            return entry.Open();
        }
        catch (InvalidDataException e)
        {
            throw Refused(entry, "is packed in a way that is not read here, or damaged; pack it by deflate, or as it is", e);
        }
    }

    private static int ReadEntry(ZipArchiveEntry entry, Stream packed, byte[] buffer)
    {
        try
        {
            return packed.Read(buffer);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw Refused(entry, Damaged, e);
        }
    }

    private static DataSetException Refused(ZipArchiveEntry entry, string why, Exception? cause = null) =>
        new($"{Quoted.Name(entry.FullName)} of the archive {why}.", cause);

    internal static DataSetException TooMany(DataSetLimits limits) => new($"The archive has more than {limits.MaxFiles} files.");

    private static void Remove(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }
}
