using Ltx.Video.Probing;

namespace Ltx.Video;

/// <summary>What <see cref="MediaProbe"/> found in a file with a picture; the readers take it so that a file is looked at once.</summary>
public sealed record MediaInfo
{
    // H.264, HEVC and VP9 can be lossless too, and do not tell in front.
    private static readonly HashSet<string> LosslessCodecs =
        ["apng", "png", "gif", "qtrle", "ffv1", "huffyuv", "ffvhuff", "utvideo", "magicyuv", "lagarith", "rawvideo", "bmp", "tiff", "flashsv", "zmbv", "8bps", "targa", "qoi"];

    internal MediaInfo(MediaLimits limits, InputFormat format, ColourTags colours, int videoIndex)
    {
        Limits = limits;
        Format = format;
        Colours = colours;
        VideoIndex = videoIndex;
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

    /// <summary>What was chosen among several pictures, in a sentence for the user; null where there was nothing to choose.</summary>
    public string? Choice { get; init; }

    /// <summary>The file has transparency (it is ignored when frames are read; see <see cref="MaskAlpha"/>).</summary>
    public required bool HasAlpha { get; init; }

    public required ColourTransfer Transfer { get; init; }

    /// <summary>High dynamic range: read frames are tone-mapped to BT.709.</summary>
    public bool IsHdr => Transfer != ColourTransfer.Standard;

    internal MediaLimits Limits { get; }

    internal InputFormat Format { get; }

    /// <summary>The file ends before its container says that it does.</summary>
    internal bool IsCutShort { get; init; }

    internal ColourTags Colours { get; }

    /// <summary>Pixels of a stored picture, before any correction of its shape.</summary>
    internal long CodedPixels { get; init; }

    /// <summary>Number of the chosen picture stream among all streams.</summary>
    internal int VideoIndex { get; }

    /// <summary>Its pixels are the very numbers that somebody wrote.</summary>
    internal bool IsLossless => LosslessCodecs.Contains(Codec);

    /// <summary>The same, or a still image: where that is compressed, flat parts of it come out as they went in all the same.</summary>
    internal bool HoldsNumbers => Kind == MediaKind.StillImage || IsLossless;

    /// <summary>Size of the frames as they are stored.</summary>
    internal FrameSize Stored { get; init; }

    /// <summary>Width to height of a stored pixel, such as "64:45".</summary>
    internal string PixelAspect { get; init; } = "1:1";

    /// <summary>Filters that bring stored frames upright: name and value.</summary>
    internal IReadOnlyList<(string Name, string Value)> Orientation { get; init; } = [];

    /// <summary>ffmpeg's name of the codec.</summary>
    internal string Codec { get; init; } = string.Empty;

    /// <summary>This, where it is a video.</summary>
    /// <exception cref="MediaException">It is a still image.</exception>
    public MediaInfo RequireVideo() =>
        Kind == MediaKind.Video ? this : throw MediaException.Input(MediaProblem.Format, Role, "is a still image, and a video is needed");
}
