namespace Ltx.Server.Files;

/// <summary>While it is held the file's bytes stay where they are, even when the file is deleted meanwhile.</summary>
internal sealed class FileLease(StoredFile file, string path, Action release) : IDisposable
{
    private Action? _release = release;

    public StoredFile File { get; } = file;

    public string Path { get; } = path;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
