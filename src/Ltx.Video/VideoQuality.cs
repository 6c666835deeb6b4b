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

    /// <summary>Every byte of RGB as it was; H.264 High 4:4:4 in RGB, which few players show. For tests and comparisons.</summary>
    Lossless,
}
