namespace Ltx.Server.Fetch;

/// <summary>A file on the local disk, valid until disposed: a cached LoRA stays pinned until then, a downloaded video is removed then.</summary>
internal sealed class FetchedFile(string path, string sha256, long length, string? contentType, Func<ValueTask>? release = null) : IAsyncDisposable
{
    private Func<ValueTask>? release = release;

    /// <summary>Absolute path. Read only: it may be the operator's own file.</summary>
    public string Path { get; } = path;

    /// <summary>SHA-256 of the content, 64 lower-case hexadecimal digits.</summary>
    public string Sha256 { get; } = sha256;

    /// <summary>Bytes.</summary>
    public long Length { get; } = length;

    /// <summary>What the sender said that it is; a claim, not a finding. Null where nobody said anything.</summary>
    public string? ContentType { get; } = contentType;

    /// <summary>Whether it is this fetch's alone and goes when it is disposed: it may be moved away before.</summary>
    public bool IsTemporary { get; init; }

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref release, null)?.Invoke() ?? ValueTask.CompletedTask;
}
