namespace Ltx.Video;

/// <summary>How long x264 searches (the fal endpoint's <c>video_write_mode</c>).</summary>
public enum WriteMode
{
    /// <summary>Preset superfast.</summary>
    Fast,

    /// <summary>Preset medium.</summary>
    Balanced,

    /// <summary>Preset veryslow.</summary>
    Small,
}
