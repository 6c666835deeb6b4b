namespace Ltx.Video;

/// <summary>Which size a clip is worked on and given back in.</summary>
public static class Sizing
{
    /// <summary>Smallest side that the model can work on (two cells of its 32-pixel latent grid).</summary>
    public const int DefaultMinSide = 64;

    /// <summary>
    /// The displayed size of <paramref name="source"/>, rounded down to even; scaled down with its aspect kept only where it has more than
    /// <paramref name="maxPixels"/> pixels.
    /// </summary>
    /// <exception cref="MediaException">A side is below <paramref name="minSide"/>.</exception>
    public static FrameSize OutputSize(MediaInfo source, long maxPixels, int minSide = DefaultMinSide)
    {
        var size = new FrameSize(Even(source.Width), Even(source.Height));
        if (Math.Min(size.Width, size.Height) < minSide)
        {
            throw MediaException.Input(
                MediaProblem.TooSmall,
                source.Role, $"is {source.Width}x{source.Height} pixels, and at least {minSide} pixels on each side are needed");
        }

        if (size.Pixels <= maxPixels)
        {
            return size;
        }

        var factor = Math.Sqrt((double)maxPixels / size.Pixels);
        var scaled = new FrameSize(Even((int)(size.Width * factor)), Even((int)(size.Height * factor)));
        if (Math.Min(scaled.Width, scaled.Height) < minSide)
        {
            throw MediaException.Input(
                MediaProblem.TooSmall,
                source.Role,
                $"is {source.Width}x{source.Height} pixels, which scaled down to the limit of {maxPixels} pixels leaves {scaled}, and at least "
                + $"{minSide} pixels on each side are needed");
        }

        return scaled;
    }

    private static int Even(int side) => side & ~1;
}
