using System.Runtime.InteropServices;

namespace Ltx.Server.Storage;

/// <summary>Files that are on disk, name included, before anybody is told that they are there.</summary>
internal static partial class DurableFile
{
    /// <summary>Flushes a finished file, gives it its final name and flushes the folder that holds the name.</summary>
    public static void Publish(string temporary, string final)
    {
        using (FileStream stream = new(temporary, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, final, overwrite: true);
        SyncFolder(Path.GetDirectoryName(final)!);
    }

    /// <summary>
    /// The same, and the file keeps its old name too: as a second name of the same bytes where the file system has such, else as a copy.
    /// </summary>
    public static void PublishToo(string path, string final)
    {
        if (OperatingSystem.IsWindows() || Link(path, final) != 0)
        {
            var copy = path + ".copy";
            File.Copy(path, copy, overwrite: true);
            Publish(copy, final);
            return;
        }

        using (FileStream stream = new(final, FileMode.Open, FileAccess.ReadWrite))
        {
            stream.Flush(flushToDisk: true);
        }

        SyncFolder(Path.GetDirectoryName(final)!);
    }

    /// <summary>Makes a folder that survives a loss of power together with what is put in it.</summary>
    public static void CreateFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            SyncFolder(Path.GetDirectoryName(folder)!);
        }
    }

    /// <summary>A rename is durable once its folder is; Windows does that by itself and .NET has no call for the others.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = Open(folder, 0);
        if (descriptor < 0)
        {
            throw new IOException($"{folder} cannot be opened to be flushed (error {Marshal.GetLastPInvokeError()}).");
        }

        try
        {
            if (Sync(descriptor) != 0)
            {
                throw new IOException($"{folder} cannot be flushed (error {Marshal.GetLastPInvokeError()}).");
            }
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string path, string second);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
