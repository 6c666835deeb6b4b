namespace Ltx.Inference.VideoVae;

/// <summary>One tile along one axis, in latent cells and in frames or pixels, with its weights in both.</summary>
/// <param name="CellStart">first cell</param>
/// <param name="CellEnd">behind the last cell</param>
/// <param name="CellMask">weight of every cell of the tile</param>
/// <param name="PixelStart">first frame or pixel</param>
/// <param name="PixelEnd">behind the last</param>
/// <param name="PixelMask">weight of every frame or pixel of the tile</param>
internal sealed record AxisTile(int CellStart, int CellEnd, float[] CellMask, int PixelStart, int PixelEnd, float[] PixelMask);
