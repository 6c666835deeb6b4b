using Ltx.Video.Probing;

namespace Ltx.Video;

/// <summary>What <see cref="MediaProbe"/> found in a file with a picture; the readers take it so that a file is looked at once.</summary>
public sealed record MediaInfo
{
    internal MediaInfo(MediaLimits limits, InputFormat format, ColourTags colours, int videoIndex, TimeSpan videoStart)
    {
        Limits = limits;
        Format = format;
        Colours = colours;
        VideoIndex = videoIndex;
        VideoStart = videoStart;
    }

    /// <summary>Absolute path.</summary>
    public required string Path { get; init; }

    /// <summary>What the file is to the user, such as "the mask"; begins the sentences of errors.</summary>
    public required string Role { get; init; }

    public required MediaKind Kind { get; init; }

    /// <summary>
    /// Width in square pixels as displayed: after the rotation flag, and with pixels that are not square widened (or the height
    /// stretched) to square ones.
    /// </summary>
    public required int Width { get; init; }

    /// <summary>Height in square pixels as displayed; see <see cref="Width"/>.</summary>
    public required int Height { get; init; }

    /// <summary>The stored pixels are square, so a frame can be given without resampling.</summary>
    public required bool HasSquarePixels { get; init; }

    /// <summary>The rotation flag in degrees counter-clockwise, 0 to 359; <see cref="Width"/> and <see cref="Height"/> contain it.</summary>
    public required int Rotation { get; init; }

    /// <summary>Average frames per second; null for a still image or where the file does not tell.</summary>
    public required FrameRate? AverageFrameRate { get; init; }

    /// <summary>The average and the base rate of the stream differ by more than a hundredth: an estimate from the header.</summary>
    public required bool IsVariableFrameRate { get; init; }

    /// <summary>The stream is marked as holding two fields a frame; those of its frames that do are deinterlaced when they are read.</summary>
    public required bool IsInterlaced { get; init; }

    /// <summary>Length of the picture, or of the file where the stream does not tell; zero for a still image or where unknown.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Number of frames as the header tells or as duration and rate make it; null where neither is known.</summary>
    public required long? FrameCountEstimate { get; init; }

    /// <summary>Sound tracks in the file's order.</summary>
    public required IReadOnlyList<AudioStreamInfo> AudioStreams { get; init; }

    /// <summary>ffmpeg's name of the pixel format, such as "yuv420p10le".</summary>
    public required string PixelFormat { get; init; }

    /// <summary>Bits of one component.</summary>
    public required int BitDepth { get; init; }

    /// <summary>The pixel format has transparency (it is ignored when frames are read; see <see cref="StillMask"/>).</summary>
    public required bool HasAlpha { get; init; }

    public required ColourTransfer Transfer { get; init; }

    /// <summary>High dynamic range: read frames are tone-mapped to BT.709.</summary>
    public bool IsHdr => Transfer != ColourTransfer.Standard;

    internal MediaLimits Limits { get; }

    internal InputFormat Format { get; }

    internal ColourTags Colours { get; }

    /// <summary>Number of the chosen picture stream among all streams.</summary>
    internal int VideoIndex { get; }

    /// <summary>The first frame's time on the file's own clock.</summary>
    internal TimeSpan VideoStart { get; }

    /// <summary>This, where it is a video.</summary>
    /// <exception cref="MediaException">It is a still image.</exception>
    public MediaInfo RequireVideo() =>
        Kind == MediaKind.Video ? this : throw MediaException.Input(MediaProblem.Format, Role, "is a still image, and a video is needed");
}
