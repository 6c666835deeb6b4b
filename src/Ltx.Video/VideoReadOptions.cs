namespace Ltx.Video;

/// <summary>How a file is read by <see cref="VideoReader"/>.</summary>
public sealed record VideoReadOptions
{
    /// <summary>Size of the frames given; even, as from <see cref="Sizing"/>, where colours matter: ffmpeg misplaces chroma at odd sizes.</summary>
    public required FrameSize Size { get; init; }

    /// <summary>Constant rate of the frames given; of no meaning for a still image.</summary>
    public required FrameRate FramesPerSecond { get; init; }

    /// <summary>At most so many frames; null for all.</summary>
    public int? MaxFrames { get; init; }

    public FrameFit Fit { get; init; } = FrameFit.CropOdd;

    public FramePixels Pixels { get; init; } = FramePixels.Rgb24;
}
