namespace Ltx.Video;

/// <summary>A check of still masks, before they are used by their luma.</summary>
public static class StillMask
{
    /// <summary>
    /// Refuses a picture that draws with its transparency: one colour everywhere and an alpha that varies. Read by its luma it would be all
    /// white or all black, which is never what its maker meant. Anything else passes.
    /// </summary>
    /// <exception cref="MediaException">It is such a picture, or cannot be decoded.</exception>
    public static async Task RefuseDrawnInAlphaAsync(MediaInfo mask, CancellationToken cancellationToken = default)
    {
        if (mask.Kind != MediaKind.StillImage || !mask.HasAlpha)
        {
            return;
        }

        var options = new VideoReadOptions
        {
            Size = new FrameSize(mask.Width, mask.Height),
            FramesPerSecond = new FrameRate(1, 1),
            Pixels = FramePixels.Rgba32,
        };
        await foreach (var frame in VideoReader.ReadAsync(mask, options, cancellationToken).ConfigureAwait(false))
        {
            if (IsDrawnInAlpha(frame.Pixels.Span))
            {
                throw MediaException.Input(
                    MediaProblem.Content,
                    mask.Role,
                    "is a picture of one colour that draws with its transparency; draw white on black instead, white where the video is to change");
            }
        }
    }

    private static bool IsDrawnInAlpha(ReadOnlySpan<byte> rgba)
    {
        var alphaVaries = false;
        for (var at = 0; at < rgba.Length; at += 4)
        {
            if (!rgba.Slice(at, 3).SequenceEqual(rgba[..3]))
            {
                return false;
            }

            alphaVaries |= rgba[at + 3] != rgba[3];
        }

        return alphaVaries;
    }
}
