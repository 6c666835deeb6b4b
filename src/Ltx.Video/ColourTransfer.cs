namespace Ltx.Video;

/// <summary>How a stream's numbers become light.</summary>
public enum ColourTransfer
{
    /// <summary>Standard dynamic range, tagged or not.</summary>
    Standard,

    /// <summary>HDR by SMPTE ST 2084 (PQ).</summary>
    Pq,

    /// <summary>HDR by hybrid log-gamma.</summary>
    Hlg,
}
