namespace Ltx.Video;

/// <summary>How <see cref="VideoWriter"/> writes a file.</summary>
public sealed record VideoWriteOptions
{
    /// <summary>Size of the frames; both sides even, because 4:2:0 halves them.</summary>
    public required FrameSize Size { get; init; }

    public required FrameRate FramesPerSecond { get; init; }

    public VideoQuality Quality { get; init; } = VideoQuality.High;

    public WriteMode Mode { get; init; } = WriteMode.Balanced;

    public MediaLimits Limits { get; init; } = MediaLimits.Default;
}
