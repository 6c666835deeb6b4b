using System.Security.Cryptography;

namespace Ltx.Server.Storage;

/// <summary>The data folder: its places, the lock that keeps a second server out, and the secrets made at the first start.</summary>
internal sealed class DataFolder : IDisposable
{
    private FileStream? _lock;

    public DataFolder(string path)
    {
        Root = Path.GetFullPath(path);
        Directory.CreateDirectory(Root);
        if (!OperatingSystem.IsWindows())
        {
            // Inputs, results and keys of all callers lie here.
            File.SetUnixFileMode(Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        foreach (var folder in new[] { Files, Parts, Inputs, Work })
        {
            Directory.CreateDirectory(folder);
        }
    }

    public string Root { get; }

    public string DatabaseFile => Path.Combine(Root, "ltx.db");

    /// <summary>Finished uploads and outputs, named by their ids.</summary>
    public string Files => Path.Combine(Root, "files");

    /// <summary>Uploads on their way.</summary>
    public string Parts => Path.Combine(Root, "parts");

    /// <summary>Input JSON too large for the database.</summary>
    public string Inputs => Path.Combine(Root, "inputs");

    /// <summary>One folder a running request; emptied at each start.</summary>
    public string Work => Path.Combine(Root, "work");

    /// <summary>What the CUDA driver has compiled for this machine's cards.</summary>
    public string Kernels => Path.Combine(Root, "kernels");

    public string ServerFile => Path.Combine(Root, "server.json");

    /// <summary>False when another process serves this folder.</summary>
    public bool TryLock()
    {
        try
        {
            _lock = new FileStream(Path.Combine(Root, "ltx.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The secret of that name, made at its first use and readable to the owner alone.</summary>
    public byte[] Secret(string name)
    {
        var file = Path.Combine(Root, name + ".secret");
        if (!File.Exists(file))
        {
            var temporary = file + ".new";
            FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (FileStream stream = new(temporary, options))
            {
                stream.Write(RandomNumberGenerator.GetBytes(32));
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, file);
            DurableFile.SyncFolder(Root);
        }

        var secret = File.ReadAllBytes(file);
        return secret.Length == 32 ? secret : throw new InvalidDataException($"{file} does not hold the 32 bytes that were written to it.");
    }

    public void Dispose() => _lock?.Dispose();
}
