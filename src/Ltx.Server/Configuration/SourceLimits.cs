namespace Ltx.Server.Configuration;

/// <summary>How large a source may be. Its size is the result's, so nothing larger is made smaller.</summary>
/// <param name="Pixels">of a frame</param>
/// <param name="FrameBytes">of all frames and masks while they are in memory</param>
internal sealed record SourceLimits(long Pixels, long FrameBytes)
{
    /// <summary>What a frame's pixel takes: its planes, and the mask.</summary>
    public const double BytesPerPixel = 2.5;

    /// <summary>4096x4096, and what 385 frames of 3840x2160 take.</summary>
    public static SourceLimits Default { get; } = new(1L << 24, 8_000_000_000);
}
