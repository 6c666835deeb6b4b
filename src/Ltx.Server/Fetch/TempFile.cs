using System.Security.Cryptography;

namespace Ltx.Server.Fetch;

/// <summary>A file that is being filled: counts against its limit and hashes as it grows, and is removed on disposal unless it was handed on.</summary>
internal sealed class TempFile : IAsyncDisposable
{
    private readonly FileStream stream;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool handedOn;

    public TempFile(string folder, long limit)
    {
        Limit = limit;
        FilePath = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        stream = new FileStream(FilePath, options);
    }

    public string FilePath { get; }

    public long Limit { get; }

    public long Length { get; private set; }

    /// <exception cref="FetchException"><c>file_too_large</c>: nothing of <paramref name="bytes"/> was written.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        if (Length + bytes.Length > Limit)
        {
            throw FetchException.TooLarge(Limit);
        }
        await stream.WriteAsync(bytes, ct);
        hash.AppendData(bytes.Span);
        Length += bytes.Length;
    }

    /// <summary>Forgets all that was written.</summary>
    public void Restart()
    {
        stream.SetLength(0);
        stream.Position = 0;
        hash.GetHashAndReset();
        Length = 0;
    }

    /// <summary>Closes the file and says its SHA-256.</summary>
    /// <param name="durable">On the disk itself before this returns, so that a rename after it can be relied on.</param>
    public async Task<string> CompleteAsync(bool durable)
    {
        if (durable)
        {
            await Task.Run(() => stream.Flush(flushToDisk: true));
        }
        await stream.DisposeAsync();
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>From here on somebody else removes or has moved the file.</summary>
    public string HandOn()
    {
        handedOn = true;
        return FilePath;
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        hash.Dispose();
        if (!handedOn)
        {
            File.Delete(FilePath);
        }
    }
}
