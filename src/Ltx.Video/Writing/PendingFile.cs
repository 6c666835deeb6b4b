namespace Ltx.Video.Writing;

/// <summary>
/// A file on its way: written under a hidden name beside its target, on the same file system, so that the last step is an atomic rename
/// and nobody ever sees half a file. Disposed without <see cref="Commit"/> it is gone.
/// </summary>
internal sealed class PendingFile : IDisposable
{
    private readonly string target;

    private PendingFile(string target, string path)
    {
        this.target = target;
        Path = path;
    }

    /// <summary>Absolute path to write to.</summary>
    public string Path { get; }

    /// <exception cref="MediaException">The target's folder does not exist.</exception>
    public static PendingFile For(string target)
    {
        target = System.IO.Path.GetFullPath(target);
        var folder = System.IO.Path.GetDirectoryName(target);
        if (!Directory.Exists(folder))
        {
            throw new MediaException(MediaFault.Server, "The folder for the result does not exist.");
        }

        // The target's own name is left out: with it, a name near the file system's limit would become too long.
        return new PendingFile(target, System.IO.Path.Combine(folder, $".ltx-{Guid.NewGuid():N}.part"));
    }

    public void Commit()
    {
        try
        {
            File.Move(Path, target, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MediaException(MediaFault.Server, "The result could not be put in its place on the disk.", innerException: exception);
        }
    }

    public void Dispose() => File.Delete(Path);
}
