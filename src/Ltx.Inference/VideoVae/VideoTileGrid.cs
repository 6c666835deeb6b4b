using Ltx.Inference.Latents;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>The tiles of a clip: every combination of a tile in time, one in height and one in width.</summary>
internal sealed class VideoTileGrid
{
    /// <param name="latentFrames">size of the latent</param>
    /// <exception cref="ArgumentException">The tiling does not fit the scale.</exception>
    public VideoTileGrid(VideoTiling tiling, VideoScale scale, int latentFrames, int latentHeight, int latentWidth)
    {
        tiling.Frames.Check("frames", scale.Time);
        tiling.Height.Check("height", scale.Height);
        tiling.Width.Check("width", scale.Width);
        Time = AxisTiles.OfTime(tiling.Frames, latentFrames, scale.Time);
        Height = AxisTiles.OfSpace(tiling.Height, latentHeight, scale.Height);
        Width = AxisTiles.OfSpace(tiling.Width, latentWidth, scale.Width);
    }

    public AxisTiles Time { get; }

    public AxisTiles Height { get; }

    public AxisTiles Width { get; }

    /// <summary>A tile's part of a latent [B, C, f, h, w]; a view.</summary>
    public static Tensor CellsOf(Tensor latent, AxisTile t, AxisTile h, AxisTile w) =>
        latent.narrow(2, t.CellStart, t.CellEnd - t.CellStart).narrow(3, h.CellStart, h.CellEnd - h.CellStart).narrow(4, w.CellStart, w.CellEnd - w.CellStart);

    /// <summary>A tile's part of a video [B, 3, F, H, W]; a view.</summary>
    public static Tensor PixelsOf(Tensor video, AxisTile t, AxisTile h, AxisTile w) =>
        video.narrow(2, t.PixelStart, t.PixelEnd - t.PixelStart).narrow(3, h.PixelStart, h.PixelEnd - h.PixelStart).narrow(4, w.PixelStart, w.PixelEnd - w.PixelStart);

    /// <summary>x times a tile's weights, in float32.</summary>
    /// <param name="x">[B, C, F, H, W]</param>
    /// <param name="time">[F]</param>
    /// <param name="height">[H]</param>
    /// <param name="width">[W]</param>
    public static Tensor Weighted(Tensor x, float[] time, float[] height, float[] width) =>
        x.mul(Along(time, x, 2)).mul_(Along(height, x, 3)).mul_(Along(width, x, 4));

    /// <summary>
    /// A weighted sum of tiles divided by its weights, in the sum's type. The weights of a grid of tiles are a product of three
    /// factors, so no tensor of weights is summed up beside the video.
    /// </summary>
    public static Tensor Unweighted(Tensor sum, float[] time, float[] height, float[] width)
    {
        // As the reference does: nothing is divided where every axis sums to one.
        if (SumsToOne(time) && SumsToOne(height) && SumsToOne(width)) return sum.clone();
        using var scope = NewDisposeScope();
        Tensor weights = Along(time, sum, 2).mul(Along(height, sum, 3)).mul(Along(width, sum, 4)).clamp_(min: 1e-8);
        return sum.div(weights).to(sum.dtype).MoveToOuterDisposeScope();
    }

    // ltx_core/tiling.py, masks_are_complementary
    private static bool SumsToOne(float[] weights) => weights.All(weight => Math.Abs(weight - 1) <= 1e-5f);

    // [L] -> [1, L, 1, 1] and so on, on the device of x
    private static Tensor Along(float[] values, Tensor x, int dimension)
    {
        long[] shape = [1, 1, 1, 1, 1];
        shape[dimension] = values.Length;
        return tensor(values, device: x.device).reshape(shape);
    }
}
