using static TorchSharp.torch;

namespace Ltx.Inference.Latents;

/// <summary>
/// Where tokens lie: first and last position on every axis, in seconds and in pixels of the target.
/// Source: ltx_core/components/patchifiers.py and tools.py (400fd31).
/// </summary>
public static class TokenPositions
{
    /// <summary>Of a video latent's tokens, frame by frame, row by row.</summary>
    /// <param name="causal">whether the first latent frame stands for one frame only, as the encoder makes it</param>
    /// <param name="device">where the result is to be</param>
    /// <returns>[1, 3, T, 2] frames (not yet seconds), rows, columns, in float32</returns>
    public static Tensor VideoFrames(LatentShape shape, VideoScale scale, bool causal, Device device)
    {
        using var scope = NewDisposeScope();
        Tensor[] axes = [Axis(shape.Frames, scale.Time), Axis(shape.Height, scale.Height), Axis(shape.Width, scale.Width)];
        // The first latent frame ends after one frame, and all others begin that much earlier.
        if (causal) axes[0] = (axes[0] + 1 - scale.Time).clamp(min: 0);
        long[] grid = [shape.Frames, shape.Height, shape.Width];
        // each [n, 2] -> [F, H, W, 2] -> [T, 2]
        Tensor[] spread = [.. axes.Select((axis, i) => axis.view([.. Enumerable.Range(0, 3).Select(d => d == i ? grid[i] : 1), 2]).expand([.. grid, 2]).reshape(-1, 2))];
        return stack(spread).unsqueeze(0).to(device).MoveToOuterDisposeScope();
    }

    /// <summary>Of a target video's tokens.</summary>
    /// <returns>[1, 3, T, 2] seconds, rows, columns, in float32</returns>
    public static Tensor Video(LatentShape shape, VideoScale scale, double framesPerSecond, Device device) => InSeconds(VideoFrames(shape, scale, causal: true, device), framesPerSecond);

    /// <summary>Of audio tokens.</summary>
    /// <param name="frames">latent frames</param>
    /// <param name="scale">the audio VAE's</param>
    /// <param name="device">where the result is to be</param>
    /// <returns>[1, 1, T, 2] seconds in float32</returns>
    public static Tensor Audio(int frames, AudioScale scale, Device device)
    {
        using var scope = NewDisposeScope();
        Tensor mel = (Axis(frames, scale.Downsample) + 1 - scale.Downsample).clamp(min: 0);
        return (mel * scale.HopLength / scale.SampleRate).view(1, 1, frames, 2).to(device).MoveToOuterDisposeScope();
    }

    /// <summary>Divides the time axis, in place.</summary>
    internal static Tensor InSeconds(Tensor positions, double framesPerSecond)
    {
        using Tensor time = positions.select(1, 0);
        time.div_(framesPerSecond);
        return positions;
    }

    // [n, 2] in float32: begin and end of every cell
    private static Tensor Axis(int cells, int size)
    {
        Tensor begin = arange(cells, dtype: ScalarType.Float32) * size;
        return stack([begin, begin + size], -1);
    }
}
