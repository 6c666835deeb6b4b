namespace Ltx.Training.Data;

/// <summary>
/// An archive's file, of which only so much is read as a list of the files that are allowed can take: the list is held in memory, and one that is
/// gigabytes long would be.
/// </summary>
internal sealed class ArchiveListing(FileStream file, DataSetLimits limits) : Stream
{
    // What a file takes in the list with a long name, and what is read to find the list, with a comment of the greatest length behind it.
    private const long BytesAFile = 4096, BytesAround = 1 << 18;

    private long left = limits.MaxFiles * BytesAFile + BytesAround;
    private bool isComplete;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => file.Position = value;
    }

    /// <summary>From here on anything may be read.</summary>
    public void Complete() => isComplete = true;

    /// <exception cref="DataSetException">The list is too long.</exception>
    public override int Read(Span<byte> buffer)
    {
        int count = file.Read(buffer);
        left -= count;
        return left >= 0 || isComplete ? count : throw DataSetArchive.TooMany(limits);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
