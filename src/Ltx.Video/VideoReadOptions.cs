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

    /// <summary>
    /// The share of the frames that may be shown as the decoder repaired them, or by the frame before where nothing could be decoded: 0 for a mask, of which
    /// every frame decides; <see cref="ShareConcealed"/> for a picture that people look at.
    /// </summary>
    public double MaxConcealed { get; init; }

    /// <summary>Told once, behind the last frame of a video that is whole enough.</summary>
    public Action<VideoFindings>? Found { get; init; }

    /// <summary>Of a source: 2 %, which at 24 frames a second is one in two seconds.</summary>
    public const double ShareConcealed = 0.02;
}
