namespace Ltx.Video;

/// <summary>How much of the picture H.264 keeps (the fal endpoint's <c>video_quality</c>).</summary>
public enum VideoQuality
{
    /// <summary>CRF 28.</summary>
    Low,

    /// <summary>CRF 23.</summary>
    Medium,

    /// <summary>CRF 18.</summary>
    High,

    /// <summary>CRF 12.</summary>
    Maximum,

    /// <summary>Every byte of the planes as it was (quantiser 0), which few players show. For tests and comparisons.</summary>
    Lossless,
}
