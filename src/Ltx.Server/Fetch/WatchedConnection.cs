namespace Ltx.Server.Fetch;

/// <summary>
/// A connection that carries one HTTP/1.1 response, counted: .NET reads as many bytes as Content-Length says and never tells whether there were more,
/// but a body that is longer than its stated length is as wrong as one that is shorter.
/// </summary>
internal sealed class WatchedConnection(Stream inner) : Stream
{
    private readonly byte[] statusLine = new byte[12];
    private int lineLength;
    private bool firstLine = true;
    private bool inBody;
    private long bodyBytes;

    /// <summary>The stated length, set when the headers were read. The connection then outlives .NET's use of it until <see cref="CloseAsync"/>.</summary>
    public long? StatedLength { get; set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Call when the whole stated body was read. A server that neither sends more nor closes is given the benefit of the doubt.</summary>
    public async Task<bool> HasMoreAsync(TimeSpan grace, CancellationToken ct)
    {
        if (bodyBytes > StatedLength)
        {
            return true;
        }
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(grace);
        try
        {
            return await inner.ReadAsync(new byte[1], limit.Token) > 0;
        }
        catch (IOException)
        {
            // Reset instead of closed: nothing more came, which was the question.
            return false;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    public ValueTask CloseAsync() => inner.DisposeAsync();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await inner.ReadAsync(buffer, cancellationToken);
        Observe(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read = inner.Read(buffer, offset, count);
        Observe(buffer.AsSpan(offset, read));
        return read;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        // .NET aborts a pending read by disposing the stream below it, so only a complete body may keep the connection open.
        if (disposing && !(inBody && bodyBytes >= StatedLength))
        {
            inner.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Observe(ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (inBody)
            {
                bodyBytes += bytes.Length - i;
                return;
            }
            if (bytes[i] == '\r')
            {
                continue;
            }
            if (bytes[i] != '\n')
            {
                if (firstLine && lineLength < statusLine.Length)
                {
                    statusLine[lineLength] = bytes[i];
                }
                lineLength++;
                continue;
            }
            if (lineLength == 0 && !firstLine)
            {
                // "HTTP/1.1 103": interim answers have no body, and the real one follows.
                inBody = statusLine[9] != '1';
                firstLine = true;
            }
            else if (lineLength > 0)
            {
                firstLine = false;
            }
            lineLength = 0;
        }
    }
}
