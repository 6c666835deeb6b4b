namespace Ltx.Inference.VideoVae;

/// <summary>How a clip is cut into overlapping tiles. (ltx_core/tiling.py, TileSizeConfig, 400fd31)</summary>
/// <param name="Frames">in frames</param>
/// <param name="Height">in pixels</param>
/// <param name="Width">in pixels</param>
public sealed record VideoTiling(AxisTiling Frames, AxisTiling Height, AxisTiling Width)
{
    /// <summary>The reference's default: 80 frames that share 24, squares of 768 pixels that share 64.</summary>
    public static VideoTiling Default { get; } = new(new(80, 24), new(768, 64), new(768, 64));

    internal void RequireOverlap(int frames, int pixels)
    {
        Require("frames", Frames, frames);
        Require("height", Height, pixels);
        Require("width", Width, pixels);
    }

    private static void Require(string name, AxisTiling axis, int least)
    {
        if (axis.Size > 0 && axis.Overlap < least) throw new ArgumentException($"Tiling of {name}: an overlap of {axis.Overlap} is too small to encode with; it takes {least}.");
    }
}
