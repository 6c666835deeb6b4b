namespace Ltx.Server.Fetch;

/// <summary>Throws <c>file_too_large</c> as soon as more than <paramref name="limit"/> bytes came through. One stands below and above each decompressor.</summary>
internal sealed class BoundedReadStream(Stream inner, long limit) : ReadingStream
{
    private long count;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await inner.ReadAsync(buffer, cancellationToken));

    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }
        base.Dispose(disposing);
    }

    private int Count(int read)
    {
        count += read;
        return count <= limit ? read : throw FetchException.TooLarge(limit);
    }
}
