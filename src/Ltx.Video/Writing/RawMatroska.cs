using System.Buffers.Binary;

namespace Ltx.Video.Writing;

/// <summary>
/// Uncompressed grey frames with time stamps of their own, as a Matroska stream. ffmpeg's rawvideo has a constant rate only, and of the
/// containers that carry times and uncompressed pictures this is the smallest: a header, and a cluster of one block a frame (RFC 8794, RFC 9559).
/// </summary>
internal static class RawMatroska
{
    /// <summary>Time stamps are whole microseconds.</summary>
    public const long TicksPerSecond = 1_000_000;

    private const uint EbmlId = 0x1A45DFA3, DocTypeId = 0x4282, SegmentId = 0x18538067, InfoId = 0x1549A966, TimestampScaleId = 0x2AD7B1;
    private const uint TracksId = 0x1654AE6B, TrackEntryId = 0xAE, TrackNumberId = 0xD7, TrackUidId = 0x73C5, TrackTypeId = 0x83, CodecId = 0x86;
    private const uint VideoId = 0xE0, WidthId = 0xB0, HeightId = 0xBA, ColourSpaceId = 0x2EB524;
    private const uint ClusterId = 0x1F43B675, TimestampId = 0xE7, SimpleBlockId = 0xA3;
    private const byte VideoTrack = 1, KeyFrame = 0x80;
    private const long NanosecondsPerTick = 1_000_000_000 / TicksPerSecond;

    /// <summary>What stands before the first frame.</summary>
    public static byte[] Header(FrameSize size)
    {
        var video = Element(VideoId, [.. Number(WidthId, size.Width), .. Number(HeightId, size.Height), .. Element(ColourSpaceId, "Y800"u8)]);
        byte[] track = [.. Number(TrackNumberId, 1), .. Number(TrackUidId, 1), .. Number(TrackTypeId, VideoTrack), .. Element(CodecId, "V_UNCOMPRESSED"u8), .. video];
        return
        [
            .. Element(EbmlId, Element(DocTypeId, "matroska"u8)),
            // A segment of unknown length: it ends with the stream.
            .. Id(SegmentId), 0xFF,
            .. Element(InfoId, Number(TimestampScaleId, NanosecondsPerTick)),
            .. Element(TracksId, Element(TrackEntryId, track)),
        ];
    }

    /// <summary>What stands before the bytes of a frame.</summary>
    public static byte[] FrameHeader(FrameSize size, long ticks)
    {
        // Track 1, no time beside the cluster's, a key frame.
        byte[] block = [0x81, 0, 0, KeyFrame];
        byte[] blockHeader = [.. Id(SimpleBlockId), .. Length(block.Length + size.Pixels), .. block];
        var time = Number(TimestampId, ticks);
        return [.. Id(ClusterId), .. Length(time.Length + blockHeader.Length + size.Pixels), .. time, .. blockHeader];
    }

    private static byte[] Number(uint id, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return Element(id, bytes);
    }

    private static byte[] Element(uint id, ReadOnlySpan<byte> content) => [.. Id(id), .. Length(content.Length), .. content];

    /// <summary>An id carries its own length in its first bits, so it is written as it stands.</summary>
    private static ReadOnlySpan<byte> Id(uint id)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, id);
        return bytes.AsSpan().TrimStart((byte)0);
    }

    /// <summary>Always in eight bytes, the longest form.</summary>
    private static byte[] Length(long length)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, length);
        bytes[0] = 0x01;
        return bytes;
    }
}
