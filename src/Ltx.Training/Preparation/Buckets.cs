using Ltx.Inference.Latents;

namespace Ltx.Training.Preparation;

/// <summary>Which of several sizes a clip is brought to (process_videos.py, _get_resolution_bucket_for_item, 400fd31).</summary>
internal static class Buckets
{
    /// <summary>Of those that the clip has enough frames for, the one of the nearest shape; then the longest, then the largest.</summary>
    /// <param name="frames">that the clip has</param>
    /// <returns>null where it is too short for all</returns>
    public static PixelShape? Nearest(IReadOnlyList<PixelShape> sizes, long frames, int height, int width)
    {
        PixelShape[] fitting = [.. sizes.Where(size => size.Frames <= frames)];
        if (fitting.Length == 0) return null;
        double shape = Math.Log((double)width / height);
        // The first of equals, as Python's min.
        return fitting.MinBy(size => (Math.Abs(shape - Math.Log((double)size.Width / size.Height)), -size.Frames, -(long)size.Height * size.Width));
    }
}
