namespace Ltx.Video;

/// <summary>Which size a clip is shown and given back in.</summary>
public static class Sizing
{
    /// <summary>Smallest side that the model can work on (two cells of its 32-pixel latent grid).</summary>
    public const int DefaultMinSide = 64;

    private const int LeastPreviewSide = 2;

    /// <summary>Longest side that H.264 can have in libx264.</summary>
    public const int MaxSide = 16384;

    /// <summary>
    /// The displayed size of <paramref name="source"/>, rounded down to even; scaled down with its aspect kept only where it has more than
    /// <paramref name="maxPixels"/> pixels.
    /// </summary>
    /// <exception cref="MediaException">A side is below <see cref="DefaultMinSide"/>, or above what can be written.</exception>
    public static FrameSize OutputSize(MediaInfo source, long maxPixels)
    {
        var size = Fit(source, maxPixels, DefaultMinSide);
        return Math.Max(size.Width, size.Height) <= MaxSide ? size : throw MediaException.Input(
            MediaProblem.TooLong,
            source.Role,
            $"is {source.Width}x{source.Height} pixels{Aspect(source)}, and at most {MaxSide} pixels on a side can be written; cut it or scale it down");
    }

    /// <summary>The same for people to look at: any size is brought to one that can be written.</summary>
    /// <exception cref="MediaException">That leaves nothing of a side.</exception>
    public static FrameSize PreviewSize(MediaInfo source, long maxPixels)
    {
        var size = Fit(source, maxPixels, LeastPreviewSide);
        var longest = Math.Max(size.Width, size.Height);
        return longest <= MaxSide ? size : new FrameSize(
            Math.Max(LeastPreviewSide, Even((int)((long)size.Width * MaxSide / longest))), Math.Max(LeastPreviewSide, Even((int)((long)size.Height * MaxSide / longest))));
    }

    private static FrameSize Fit(MediaInfo source, long maxPixels, int minSide)
    {
        var size = new FrameSize(Even(source.Width), Even(source.Height));
        if (Math.Min(size.Width, size.Height) < minSide)
        {
            throw MediaException.Input(
                MediaProblem.TooSmall,
                source.Role, $"is {source.Width}x{source.Height} pixels{Aspect(source)}, and at least {minSide} pixels on each side are needed");
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
                $"is {source.Width}x{source.Height} pixels{Aspect(source)}, which scaled down to the limit of {maxPixels} pixels leaves {scaled}, and at least "
                + $"{minSide} pixels on each side are needed");
        }

        return scaled;
    }

    // Nobody expects a size that the pixels' shape makes, least of all one that a broken header makes.
    private static string Aspect(MediaInfo source) =>
        source.HasSquarePixels ? string.Empty : $" (stored as {source.Stored}, whose pixels are marked as {source.PixelAspect})";

    /// <summary>The same without scaling: what a result has, whose pixels are the source's.</summary>
    /// <exception cref="MediaException">A side is too small, or there are more than <paramref name="maxPixels"/> pixels.</exception>
    public static FrameSize ResultSize(MediaInfo source, long maxPixels)
    {
        var size = OutputSize(source, long.MaxValue);
        return size.Pixels <= maxPixels ? size : throw TooLarge(source, maxPixels);
    }

    /// <summary>Refuses pictures that are larger than may be read, as shown: pixels may claim to be a thousand times as wide as high.</summary>
    /// <exception cref="MediaException">They are.</exception>
    public static void RequireReadable(MediaInfo source)
    {
        if ((long)source.Width * source.Height > source.Limits.MaxSourcePixels)
        {
            throw TooLarge(source, source.Limits.MaxSourcePixels);
        }
    }

    private static MediaException TooLarge(MediaInfo source, long maxPixels) => MediaException.Input(
        MediaProblem.TooLarge, source.Role, $"is {source.Width}x{source.Height} pixels{Aspect(source)}, and at most {maxPixels} pixels a frame are allowed");

    /// <summary>Refuses what would take too much memory while it is worked on.</summary>
    /// <param name="source">Whose frames they are.</param>
    /// <param name="size">Of the frames.</param>
    /// <param name="frames">How many are held at once.</param>
    /// <param name="bytesPerPixel">Of all that is held of a pixel.</param>
    /// <param name="most">Bytes that are allowed.</param>
    /// <exception cref="MediaException">They take more.</exception>
    public static void RequireMemory(MediaInfo source, FrameSize size, int frames, double bytesPerPixel, long most)
    {
        var bytes = frames * size.Pixels * bytesPerPixel;
        if (bytes > most)
        {
            throw MediaException.Input(
                MediaProblem.TooLarge,
                source.Role,
                FormattableString.Invariant($"is {size} pixels, of which {frames} frames take {bytes / 1e9:0.00} GB, and at most {most / 1e9:0.00} GB are allowed; ask for fewer frames or send a smaller video"));
        }
    }

    private static int Even(int side) => side & ~1;
}
