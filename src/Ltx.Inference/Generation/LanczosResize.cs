using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>
/// Lanczos resampling with three lobes, as Pillow does it: the filter is widened where pictures become smaller, and at the edges what lies
/// beyond the picture does not count. Numbers are not rounded between rows and columns.
/// </summary>
internal static class LanczosResize
{
    private const double Lobes = 3;

    /// <param name="pictures">[..., H, W] floating point</param>
    /// <returns>[..., height, width]; it may swing over the range of what came in</returns>
    public static Tensor Resize(Tensor pictures, long height, long width)
    {
        if (pictures.shape[^2] == height && pictures.shape[^1] == width) return pictures.alias();
        using var scope = NewDisposeScope();
        Tensor rows = nn.functional.linear(pictures, Weights(pictures.shape[^1], width, pictures));
        return nn.functional.linear(rows.transpose(-1, -2), Weights(pictures.shape[^2], height, pictures)).transpose(-1, -2).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The same of bytes, rounded to bytes, some frames at a time.</summary>
    /// <param name="frames">[F, C, H, W]</param>
    public static Tensor ResizeBytes(Tensor frames, long height, long width)
    {
        if (frames.shape[2] == height && frames.shape[3] == width) return frames.alias();
        Tensor resized = empty([frames.shape[0], frames.shape[1], height, width], ScalarType.Byte, frames.device);
        foreach ((long start, long count) in ClipTensors.Chunks(frames.numel() > resized.numel() ? frames : resized))
        {
            using var scope = NewDisposeScope();
            resized.narrow(0, start, count).copy_(Resize(frames.narrow(0, start, count).to(ScalarType.Float32), height, width).round_().clamp_(0, 255));
        }
        return resized;
    }

    // [to, from]: how much of every pixel goes into each new one
    private static Tensor Weights(long from, long to, Tensor like)
    {
        double scale = (double)from / to, wide = Math.Max(scale, 1), support = Lobes * wide;
        float[] weights = new float[to * from];
        for (long i = 0; i < to; i++)
        {
            double centre = (i + 0.5) * scale;
            long first = Math.Max(0, (long)(centre - support + 0.5)), end = Math.Min(from, (long)(centre + support + 0.5));
            double sum = 0;
            for (long j = first; j < end; j++) sum += Kernel((j - centre + 0.5) / wide);
            for (long j = first; j < end; j++) weights[i * from + j] = (float)(Kernel((j - centre + 0.5) / wide) / sum);
        }
        return tensor(weights, [to, from]).to(like.dtype, like.device);
    }

    private static double Kernel(double x) => Math.Abs(x) < Lobes ? Sinc(x) * Sinc(x / Lobes) : 0;

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
}
