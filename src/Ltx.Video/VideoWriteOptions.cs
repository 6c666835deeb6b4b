namespace Ltx.Video;

/// <summary>How <see cref="VideoWriter"/> writes a file.</summary>
public sealed record VideoWriteOptions
{
    /// <summary>Size of the frames; both sides even, because 4:2:0 halves them.</summary>
    public required FrameSize Size { get; init; }

    public required FrameRate FramesPerSecond { get; init; }

    /// <summary>How many frames come; null where nobody knows, and then there is no sound.</summary>
    public int? FrameCount { get; init; }

    /// <summary>What the frames are where they come as <see cref="FramePixels.Yuv420"/>, and are encoded as they are; null for RGB24, which becomes BT.709.</summary>
    public PlaneColours? Planes { get; init; }

    public VideoQuality Quality { get; init; } = VideoQuality.High;

    public WriteMode Mode { get; init; } = WriteMode.Balanced;

    public MediaLimits Limits { get; init; } = MediaLimits.Default;
}
