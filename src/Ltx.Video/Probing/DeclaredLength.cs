using System.Buffers.Binary;
using System.Numerics;

namespace Ltx.Video.Probing;

/// <summary>
/// Bytes that a container declares of itself. A file that was cut off between two of its packets looks to ffmpeg like one that ends there: neither AVI nor
/// Matroska says where the last packet is. MP4's index does, and ffmpeg reports it; transport streams, GIF and FLV declare nothing.
/// </summary>
internal static class DeclaredLength
{
    private const int RiffHead = 8;

    /// <summary>Whether the file ends before its container says that it does.</summary>
    public static async Task<bool> IsMissedAsync(string path, InputFormat format, CancellationToken cancellationToken)
    {
        if (format.Demuxer is not ("avi" or "matroska")) return false;
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var declared = format.Demuxer == "avi" ? await RiffAsync(file, cancellationToken).ConfigureAwait(false) : await SegmentAsync(file, cancellationToken).ConfigureAwait(false);
        return declared > file.Length;
    }

    /// <summary>The end of the last of its RIFF chunks, of which a file of over a gigabyte has several; null where one does not tell.</summary>
    private static async Task<long?> RiffAsync(FileStream file, CancellationToken cancellationToken)
    {
        var head = new byte[RiffHead];
        long end = 0;
        do
        {
            file.Position = end;
            if (await file.ReadAtLeastAsync(head, RiffHead, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < RiffHead
                || !head.AsSpan().StartsWith("RIFF"u8))
            {
                return end;
            }

            var size = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4));
            // What was written to a pipe or never closed.
            if (size is 0 or uint.MaxValue) return null;
            end += RiffHead + size;
        }
        while (end < file.Length);
        return end;
    }

    /// <summary>The end of the segment behind the EBML header (RFC 8794, section 4); null where its length is unknown, as of a live recording.</summary>
    private static async Task<long?> SegmentAsync(FileStream file, CancellationToken cancellationToken)
    {
        var head = new byte[InputFormat.HeadBytes];
        var length = await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        const int idBytes = 4;
        var at = idBytes;
        if (Number(head.AsSpan(0, length), ref at) is not { } header || header > length) return null;
        at += (int)header;
        ReadOnlySpan<byte> segment = [0x18, 0x53, 0x80, 0x67];
        if (at + idBytes > length || !head.AsSpan(at, idBytes).SequenceEqual(segment)) return null;
        at += idBytes;
        var size = Number(head.AsSpan(0, length), ref at);
        return at + size;
    }

    /// <summary>A number of one to eight bytes whose count is told by the zeros in front; null where all of its bits are set, which means unknown.</summary>
    private static long? Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        if (at >= bytes.Length || bytes[at] == 0) return null;
        var count = BitOperations.LeadingZeroCount(bytes[at]) - 24 + 1;
        if (at + count > bytes.Length) return null;
        var mark = 1L << (7 * count);
        long number = 0;
        foreach (var one in bytes.Slice(at, count)) number = number << 8 | one;
        at += count;
        number -= mark;
        return number == mark - 1 ? null : number;
    }
}
