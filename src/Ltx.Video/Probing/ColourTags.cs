namespace Ltx.Video.Probing;

/// <summary>What a stream says about its colours, in ffprobe's words; null where it says nothing.</summary>
internal sealed record ColourTags(string? Matrix, string? Primaries, string? Transfer, string? Range, string? ChromaLocation)
{
    public const string Bt709 = "bt709";

    /// <summary>Perceptual quantiser (HDR10, Dolby Vision's base layer).</summary>
    public const string Pq = "smpte2084";

    /// <summary>Hybrid log-gamma.</summary>
    public const string Hlg = "arib-std-b67";

    public const string Bt2020 = "bt2020";

    public static ColourTags Of(FFMpegCore.FFProbeStream stream) =>
        new(Known(stream.ColorSpace), Known(stream.ColorPrimaries), Known(stream.ColorTransfer), Known(stream.ColorRange), Known(ChromaLocationOf(stream)));

    // FFMpegCore's model has no property for it.
    private static string? ChromaLocationOf(FFMpegCore.FFProbeStream stream) =>
        stream.ExtensionData is { } more && more.TryGetValue("chroma_location", out var location) && location.ValueKind == System.Text.Json.JsonValueKind.String ? location.GetString() : null;

    private static string? Known(string? tag) => tag is null or "" or "unknown" or "unspecified" or "reserved" ? null : tag;
}
