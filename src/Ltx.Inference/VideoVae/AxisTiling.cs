namespace Ltx.Inference.VideoVae;

/// <summary>Tiles along one axis, in frames or pixels. (ltx_core/tiling.py, DimensionSizeConfig, 400fd31)</summary>
/// <param name="Size">length of a tile; 0 for one tile over the whole axis</param>
/// <param name="Overlap">what neighbouring tiles share</param>
public sealed record AxisTiling(int Size = 0, int Overlap = 0)
{
    /// <summary>One tile over the whole axis.</summary>
    public static AxisTiling None { get; } = new();

    /// <summary>Insists that tiles consist of whole latent cells.</summary>
    /// <param name="axis">what to call it in the message</param>
    /// <param name="scale">frames or pixels a cell</param>
    internal void Check(string axis, int scale)
    {
        bool sound = Size == 0 ? Overlap == 0 : Overlap >= 0 && Overlap < Size;
        if (!sound) throw new ArgumentException($"Tiling of {axis}: tiles of {Size} cannot overlap by {Overlap}.");
        if (Size % scale != 0 || Overlap % scale != 0) throw new ArgumentException($"Tiling of {axis}: {Size} and {Overlap} must be multiples of {scale}.");
        if (Size > 0 && Size < 2 * scale) throw new ArgumentException($"Tiling of {axis}: a tile of {Size} is smaller than two latent cells, {2 * scale}.");
    }
}
