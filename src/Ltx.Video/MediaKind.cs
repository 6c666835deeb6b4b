namespace Ltx.Video;

/// <summary>What a file with a picture is.</summary>
public enum MediaKind
{
    /// <summary>Pictures with time.</summary>
    Video,

    /// <summary>One picture without time (PNG, JPEG, WebP, BMP, TIFF).</summary>
    StillImage,
}
