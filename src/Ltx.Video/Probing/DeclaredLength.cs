using System.Buffers.Binary;

namespace Ltx.Video.Probing;

/// <summary>
/// Bytes that AVI and ASF declare of themselves. Where such a file was cut off between two of its packets, ffmpeg reads it as one that ends there; of
/// MP4 and Matroska it reports what is missing. Transport streams, GIF, FLV and Ogg declare nothing that could be relied on.
/// </summary>
internal static class DeclaredLength
{
    private const int RiffHead = 8;

    /// <summary>Whether the file ends before its container says that it does.</summary>
    public static async Task<bool> IsMissedAsync(string path, InputFormat format, CancellationToken cancellationToken)
    {
        if (format.Demuxer is not ("avi" or "asf")) return false;
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var end = format.Demuxer == "avi" ? RiffAsync(file, cancellationToken) : AsfAsync(file, cancellationToken);
        return await end.ConfigureAwait(false) > file.Length;
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

    /// <summary>The size that the file properties name (ASF specification, 3.2); null where they do not, as of a broadcast.</summary>
    private static async Task<long?> AsfAsync(FileStream file, CancellationToken cancellationToken)
    {
        var head = new byte[InputFormat.HeadBytes];
        await file.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return Asf(head);
    }

    private static long? Asf(ReadOnlySpan<byte> head)
    {
        const int size = 40, flags = 88, broadcast = 1;
        ReadOnlySpan<byte> properties = [0xA1, 0xDC, 0xAB, 0x8C, 0x47, 0xA9, 0xCF, 0x11, 0x8E, 0xE4, 0x00, 0xC0, 0x0C, 0x20, 0x53, 0x65];
        var at = head.IndexOf(properties);
        if (at < 0 || at + flags >= head.Length || (head[at + flags] & broadcast) != 0) return null;
        return BinaryPrimitives.ReadInt64LittleEndian(head[(at + size)..]);
    }
}
