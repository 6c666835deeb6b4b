namespace Ltx.Video.Probing;

/// <summary>
/// Which of ffmpeg's demuxers may read a file, told from its first bytes. ffmpeg's own guess is never asked for: it would also take
/// playlists (HLS, DASH, concat), which open other files and addresses, and names such as "%d.png" for picture sequences.
/// </summary>
/// <param name="Demuxer">The demuxer's name for <c>-f</c>.</param>
/// <param name="IsStill">The format holds one picture without time.</param>
internal sealed record InputFormat(string Demuxer, bool IsStill)
{
    /// <summary>Bytes of a file's beginning that <see cref="Recognise"/> looks at; an animated PNG says so within its first chunks.</summary>
    public const int HeadBytes = 4096;

    private const int TransportPacket = 188;

    /// <summary>Null: no format that is read here.</summary>
    public static InputFormat? Recognise(ReadOnlySpan<byte> head) => Still(head) ?? Moving(head);

    /// <summary>Animated WebP is recognised only to be refused: no ffmpeg before 8 decodes it.</summary>
    public static bool IsAnimatedWebP(ReadOnlySpan<byte> head) =>
        IsRiff(head, "WEBP"u8) && Has(head, 12, "VP8X"u8) && head.Length > 20 && (head[20] & 0x02) != 0;

    private static InputFormat? Still(ReadOnlySpan<byte> head)
    {
        if (Has(head, 0, [0x89, (byte)'P', (byte)'N', (byte)'G']))
        {
            return head.IndexOf("acTL"u8) >= 0 ? new("apng", false) : new("png_pipe", true);
        }

        return Has(head, 0, [0xFF, 0xD8, 0xFF]) ? new("jpeg_pipe", true)
            : IsRiff(head, "WEBP"u8) ? new("webp_pipe", true)
            : Has(head, 0, "BM"u8) && Has(head, 6, [0, 0, 0, 0]) ? new("bmp_pipe", true)
            : Has(head, 0, "II*\0"u8) || Has(head, 0, "MM\0*"u8) ? new("tiff_pipe", true)
            : null;
    }

    private static InputFormat? Moving(ReadOnlySpan<byte> head)
    {
        var demuxer =
            Has(head, 4, "ftyp"u8) || Has(head, 4, "moov"u8) || Has(head, 4, "mdat"u8) || Has(head, 4, "wide"u8) || Has(head, 4, "free"u8)
                || Has(head, 4, "skip"u8) ? "mov"
            : Has(head, 0, [0x1A, 0x45, 0xDF, 0xA3]) ? "matroska"
            : IsRiff(head, "AVI "u8) ? "avi"
            : IsRiff(head, "WAVE"u8) ? "wav"
            : Has(head, 0, "GIF8"u8) ? "gif"
            : Has(head, 0, "OggS"u8) ? "ogg"
            : Has(head, 0, "FLV"u8) ? "flv"
            : Has(head, 0, [0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11]) ? "asf"
            : Has(head, 0, [0, 0, 1, 0xBA]) ? "mpeg"
            : Has(head, 0, "YUV4MPEG2"u8) ? "yuv4mpegpipe"
            : Has(head, 0, "fLaC"u8) ? "flac"
            : IsTransportStream(head) ? "mpegts"
            : Has(head, 0, "ID3"u8) || IsMpegAudio(head, layer: 1) ? "mp3"
            : IsMpegAudio(head, layer: 0) ? "aac"
            : null;
        return demuxer is null ? null : new(demuxer, false);
    }

    private static bool Has(ReadOnlySpan<byte> head, int at, ReadOnlySpan<byte> magic) =>
        head.Length >= at + magic.Length && head.Slice(at, magic.Length).SequenceEqual(magic);

    private static bool IsRiff(ReadOnlySpan<byte> head, ReadOnlySpan<byte> form) => Has(head, 0, "RIFF"u8) && Has(head, 8, form);

    // Packets of 188 bytes begin with 0x47; cameras (M2TS) put a time stamp of four bytes before each.
    private static bool IsTransportStream(ReadOnlySpan<byte> head) =>
        (Has(head, 0, "G"u8) && Has(head, TransportPacket, "G"u8) && Has(head, 2 * TransportPacket, "G"u8))
        || (Has(head, 4, "G"u8) && Has(head, TransportPacket + 8, "G"u8) && Has(head, (2 * TransportPacket) + 12, "G"u8));

    // Eleven or twelve set bits, then version and layer: layer bits 01 are MP3, 00 are AAC in ADTS.
    private static bool IsMpegAudio(ReadOnlySpan<byte> head, int layer) =>
        head.Length > 2 && head[0] == 0xFF && (head[1] & 0xF0) == 0xF0 && ((head[1] >> 1) & 3) == layer;
}
