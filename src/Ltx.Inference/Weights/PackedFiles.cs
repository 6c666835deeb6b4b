using SharpCompress.Compressors.Xz;

namespace Ltx.Inference.Weights;

/// <summary>
/// Weights that come with the project lie there packed, <c>X.safetensors.xz</c>, and are unpacked beside it once. As <c>xz -dk</c> does it, the
/// plain file has the time of the packed one, and by that it is known to be unpacked from it and not from an older version.
/// </summary>
public static class PackedFiles
{
    /// <summary>What a packed file's name has behind the plain one's.</summary>
    public const string Extension = ".xz";

    /// <summary>Unpacks what a folder and the folders in it hold packed, and not yet, or another version of, unpacked.</summary>
    /// <param name="tell">is told the name of each file before it is unpacked</param>
    /// <exception cref="WeightsException">The folder cannot be written to, or a file is damaged.</exception>
    public static void Unpack(string folder, Action<string>? tell = null)
    {
        foreach (string packed in Directory.EnumerateFiles(folder, "*.safetensors" + Extension, SearchOption.AllDirectories))
        {
            if (IsUnpacked(packed)) continue;
            string plain = packed[..^Extension.Length];
            tell?.Invoke(plain);
            Write(plain, packed, stream => Read(packed, stream));
        }
    }

    /// <summary>Whether a file is a packed one that has been unpacked.</summary>
    public static bool IsUnpacked(string file) => file.EndsWith(Extension, StringComparison.Ordinal) && IsMadeOf(file[..^Extension.Length], file);

    /// <summary>Whether the file is there, of the time of the one that it is made of.</summary>
    public static bool IsMadeOf(string file, string source) => File.Exists(file) && File.GetLastWriteTimeUtc(file) == File.GetLastWriteTimeUtc(source);

    /// <summary>
    /// Makes a file of another: complete under a name of its own first, so that whoever looks for it finds a whole one or none. Two processes
    /// that do it at the same time write the same.
    /// </summary>
    /// <exception cref="WeightsException">It cannot be written, or <paramref name="write"/> found its source damaged.</exception>
    public static void Write(string file, string source, Action<Stream> write)
    {
        string unfinished = $"{file}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = new(unfinished, FileMode.CreateNew)) write(stream);
            File.SetLastWriteTimeUtc(unfinished, File.GetLastWriteTimeUtc(source));
            File.Move(unfinished, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process may have it open, where that forbids to replace it: it is the same then.
            if (!IsMadeOf(file, source)) throw new WeightsException($"{source} has to be unpacked once, and {file} cannot be written: {e.Message}", e);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>Unpacks one file into a stream.</summary>
    /// <exception cref="WeightsException">The file is damaged.</exception>
    public static void Read(string packed, Stream into)
    {
        using FileStream file = File.OpenRead(packed);
        try
        {
            using XZStream content = new(file);
            content.CopyTo(into);
        }
        catch (Exception e) when (e is not (IOException or UnauthorizedAccessException) || e is EndOfStreamException or InvalidDataException)
        {
            throw new WeightsException($"{packed} is damaged: {e.Message}", e);
        }
    }
}
