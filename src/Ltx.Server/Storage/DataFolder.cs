using System.Security.Cryptography;
using Ltx.Server.Configuration;

namespace Ltx.Server.Storage;

/// <summary>The data folder: its places, the lock that keeps a second server out, and the secrets made at the first start.</summary>
internal sealed class DataFolder : IDisposable
{
    private const string LockName = "ltx.lock";
    private const string Film = "film-";

    private FileStream? _lock;

    /// <exception cref="InvalidConfigurationException">The folder holds what is not a server's, or nothing can be written there.</exception>
    public DataFolder(string path)
    {
        Root = Path.GetFullPath(path);
        try
        {
            string[] ours = [Files, Parts, Inputs, Work, Trainings];
            if (Strangers(ours) is { Count: > 0 } strangers)
            {
                throw new InvalidConfigurationException(
                    [$"Server:Data: the folder '{Root}' holds what is no server's ({string.Join(", ", strangers.Take(3))}); give an empty folder, or a new one"]);
            }

            foreach (var folder in ours.Prepend(Root))
            {
                CreatePrivate(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(e);
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

    /// <summary>One folder a running request or film; those that a crash left are removed at the next start.</summary>
    public string Work => Path.Combine(Root, "work");

    /// <summary>One folder a training that has not ended; they outlive the server.</summary>
    public string Trainings => Path.Combine(Root, "trainings");

    /// <summary>What the CUDA driver has compiled for this machine's cards.</summary>
    public string Kernels => Path.Combine(Root, "kernels");

    /// <summary>The keys that `ltx keys` has made.</summary>
    public string KeyFile => Path.Combine(Root, "keys.json");

    public string ServerFile => Path.Combine(Root, "server.json");

    /// <summary>A request's folder in <see cref="Work"/>.</summary>
    public string WorkOf(string requestId) => Path.Combine(Work, requestId);

    /// <summary>A folder in <see cref="Work"/> for a film that is made beside the queue.</summary>
    public string NewFilmWork() => Path.Combine(Work, $"{Film}{Guid.NewGuid():N}");

    /// <summary>Whether a folder in <see cref="Work"/> has a name of ours.</summary>
    public static bool IsWork(string name) =>
        Guid.TryParseExact(name, "D", out _) || (name.StartsWith(Film, StringComparison.Ordinal) && Guid.TryParseExact(name[Film.Length..], "N", out _));

    /// <summary>False when another process serves this folder.</summary>
    /// <exception cref="InvalidConfigurationException">Nothing can be written there.</exception>
    public bool TryLock()
    {
        try
        {
            _lock = new FileStream(Path.Combine(Root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnauthorizedAccessException e)
        {
            throw Unusable(e);
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
        return secret.Length == 32 ? secret : throw new DataFolderException(
            $"{file} does not hold the 32 bytes that were written to it. Put a copy of it back, or remove it: the next start makes a new one, and what the old one "
            + "signed is no longer valid.");
    }

    /// <summary>Makes a folder for the server alone: inputs, results and keys of all callers lie there. One that is there already stays as it is.</summary>
    private static void CreatePrivate(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>
    /// What somebody else keeps in a folder that no server has used yet: at a start the server tidies up in it. Hidden files, a file system's
    /// `lost+found`, a configuration file, keys that were made before the first start, and our own folders while they are empty (a first start may
    /// have been ended) are nobody's.
    /// </summary>
    private List<string> Strangers(string[] ours) =>
        !Directory.Exists(Root) || File.Exists(DatabaseFile) || File.Exists(Path.Combine(Root, LockName))
            ? []
            : [.. Directory.EnumerateFileSystemEntries(Root)
                .Where(entry => Path.GetFileName(entry) is var name && name[0] != '.' && name is not ("lost+found" or "ltx.json" or "keys.json")
                    && !(ours.Contains(entry) && Directory.Exists(entry) && !Directory.EnumerateFileSystemEntries(entry).Any()))
                .Select(entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];

    public void Dispose() => _lock?.Dispose();

    private InvalidConfigurationException Unusable(Exception e) =>
        new($"Server:Data: '{Root}' {(File.Exists(Root) ? "is a file, and a folder is needed" : $"cannot be written to: {e.Message}")}", e);
}
