namespace Ltx.Video.Probing;

/// <summary>What a stream says about its colours, in ffprobe's words; null where it says nothing.</summary>
internal sealed record ColourTags(string? Matrix, string? Primaries, string? Transfer, string? Range)
{
    public const string Bt709 = "bt709";

    /// <summary>Perceptual quantiser (HDR10, Dolby Vision's base layer).</summary>
    public const string Pq = "smpte2084";

    /// <summary>Hybrid log-gamma.</summary>
    public const string Hlg = "arib-std-b67";

    public const string Bt2020 = "bt2020";

    public static ColourTags Of(FFMpegCore.FFProbeStream stream) =>
        new(Known(stream.ColorSpace), Known(stream.ColorPrimaries), Known(stream.ColorTransfer), Known(stream.ColorRange));

    private static string? Known(string? tag) => tag is null or "" or "unknown" or "unspecified" or "reserved" ? null : tag;
}
