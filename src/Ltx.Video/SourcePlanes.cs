using System.Globalization;
using Ltx.Video.Probing;
using Ltx.Video.Reading;

namespace Ltx.Video;

/// <summary>How a file's pictures are read as <see cref="FramePixels.Yuv420"/>.</summary>
/// <param name="Colours">what the planes mean; tags that the file lacks are what it is taken for</param>
/// <param name="Changes">
/// why the planes are not the decoder's own numbers, in phrases that go on from the file's role, such as "is scaled"; empty where they are
/// </param>
public sealed record SourcePlanes(PlaneColours Colours, IReadOnlyList<string> Changes)
{
    // Untagged video is BT.709 from these sizes up and BT.601 below. Browsers look at the height, other players at the width too.
    private const int HighDefinitionWidth = 1280;
    private const int HighDefinitionHeight = 720;

    /// <summary>What reading <paramref name="source"/> at a size does to its numbers.</summary>
    /// <exception cref="MediaException">The file's matrix is one that ffmpeg cannot convert.</exception>
    public static SourcePlanes Of(MediaInfo source, FrameSize size)
    {
        List<string> changes = [];
        var colours = Convert(source, changes);
        if (FrameFilters.Resizes(source, size, FrameFit.CropOdd))
        {
            changes.Add(source.HasSquarePixels ? $"is scaled from {source.Width}x{source.Height} to {size}" : $"has pixels that are not square, and is scaled to {size}");
        }

        if (source.IsInterlaced)
        {
            changes.Add("is interlaced, and its fields become frames");
        }

        if (source.Rotation % 90 != 0)
        {
            changes.Add(string.Create(CultureInfo.InvariantCulture, $"is turned by {source.Rotation} degrees"));
        }

        return new SourcePlanes(colours, changes);
    }

    private static PlaneColours Convert(MediaInfo source, List<string> changes)
    {
        if (PixelFormatName.IsRgb(source.PixelFormat))
        {
            changes.Add($"stores RGB ({source.PixelFormat}), which becomes BT.709 with halved chroma");
            return PlaneColours.Bt709;
        }

        if (IsWide(source))
        {
            changes.Add(source.IsHdr ? "is HDR, which is mapped to the standard range of BT.709" : "has the colours of BT.2020, which become those of BT.709");
            return PlaneColours.Bt709;
        }

        if (source.BitDepth > 8)
        {
            changes.Add(string.Create(CultureInfo.InvariantCulture, $"has {source.BitDepth} bits, which are dithered to 8"));
        }

        if (PixelFormatName.IsGray(source.PixelFormat))
        {
            changes.Add($"has no colour ({source.PixelFormat}), and is given some");
            return (Tagged(source) with { IsFullRange = true }).WithChroma(PlaneColours.Bt709);
        }

        var colours = Tagged(source);
        if (PixelFormatName.HasHalvedChroma(source.PixelFormat))
        {
            return colours.After(source.Orientation);
        }

        changes.Add($"has chroma that is not halved both ways ({source.PixelFormat}), and it is resampled");
        return colours.WithChroma(PlaneColours.Bt709);
    }

    /// <summary>High dynamic range, or a gamut that BT.709 does not hold: both go through linear light.</summary>
    internal static bool IsWide(MediaInfo source) => source.IsHdr || source.Colours.Primaries == ColourTags.Bt2020;

    /// <summary>As stored, before any turn.</summary>
    internal static PlaneColours Tagged(MediaInfo source)
    {
        var tags = source.Colours;
        var matrix = tags.Matrix switch
        {
            "bt709" or "smpte170m" or "bt470bg" or "fcc" or "smpte240m" or "bt2020nc" => tags.Matrix,
            // JPEG and WebP are BT.601 by their own definition, whatever their size.
            null or "gbr" when source.Kind == MediaKind.StillImage => "smpte170m",
            // Of gray some encoders say that it is RGB.
            null or "gbr" => source.Width >= HighDefinitionWidth || source.Height >= HighDefinitionHeight ? "bt709" : "smpte170m",
            var other => throw MediaException.Input(MediaProblem.Format, source.Role, $"stores its colours by the matrix \"{other}\", which is not supported"),
        };
        var isFullRange = IsFullRange(source);
        var (x, y) = Position(tags.ChromaLocation ?? (isFullRange ? "center" : "left"));
        // What of the other two is missing comes from the standard that the matrix is of. Its transfer is the same curve in BT.601 and BT.709.
        var primaries = tags.Primaries ?? (matrix is "smpte170m" or "bt470bg" or "smpte240m" ? matrix : "bt709");
        var transfer = tags.Transfer ?? (matrix is "smpte170m" or "bt470bg" ? "smpte170m" : matrix == "smpte240m" ? matrix : "bt709");
        return new PlaneColours(matrix, primaries, transfer, isFullRange, x, y);
    }

    internal static bool IsFullRange(MediaInfo source) =>
        source.Colours.Range == "pc" || source.PixelFormat.StartsWith("yuvj", StringComparison.Ordinal);

    private static (double X, double Y) Position(string location) => location switch
    {
        "center" => (0.5, 0.5),
        "topleft" => (0, 0),
        "top" => (0.5, 0),
        "bottomleft" => (0, 1),
        "bottom" => (0.5, 1),
        _ => (0, 0.5),
    };
}
