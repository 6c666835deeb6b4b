namespace Ltx.Inference.VideoVae;

/// <summary>
/// All tiles along one axis. The axis is cut in latent cells; the last tile may be shorter. In time, every tile but the first begins
/// one cell earlier and fades in over one cell more, because the first latent frame of a tile decodes to one frame only.
/// (ltx_core/tiling.py: split_by_size, split_temporal_causal; video_vae.py: map_temporal_slice, map_spatial_slice; 400fd31)
/// </summary>
internal sealed class AxisTiles
{
    private AxisTiles(int cells, int pixels, IReadOnlyList<AxisTile> tiles)
    {
        Cells = cells;
        Pixels = pixels;
        Tiles = tiles;
        CellWeights = Sum(cells, tile => (tile.CellStart, tile.CellMask));
        PixelWeights = Sum(pixels, tile => (tile.PixelStart, tile.PixelMask));
    }

    public int Cells { get; }

    public int Pixels { get; }

    public IReadOnlyList<AxisTile> Tiles { get; }

    /// <summary>Sum of all tiles' weights at every cell: ones, unless a tile overlaps more than its neighbours.</summary>
    public float[] CellWeights { get; }

    /// <summary>The same at every frame or pixel.</summary>
    public float[] PixelWeights { get; }

    public static AxisTiles OfSpace(AxisTiling tiling, int cells, int scale)
    {
        List<AxisTile> tiles = [];
        foreach ((int start, int end, int fadeIn, int fadeOut) in Cut(cells, tiling, scale))
        {
            tiles.Add(new(
                start, end, BlendMask.Trapezoid(end - start, fadeIn, fadeOut, fromZero: false),
                start * scale, end * scale, BlendMask.Trapezoid((end - start) * scale, fadeIn * scale, fadeOut * scale, fromZero: false)));
        }
        return new AxisTiles(cells, cells * scale, tiles);
    }

    public static AxisTiles OfTime(AxisTiling tiling, int cells, int scale)
    {
        List<AxisTile> tiles = [];
        foreach ((int cut, int end, int overlap, int fadeOut) in Cut(cells, tiling, scale))
        {
            (int start, int fadeIn) = cut == 0 ? (0, 0) : (cut - 1, overlap + 1);
            int frames = (end - start - 1) * scale + 1;
            int fadeInFrames = fadeIn == 0 ? 0 : (fadeIn - 1) * scale + 1;
            tiles.Add(new(
                start, end, BlendMask.Trapezoid(end - start, fadeIn, fadeOut, fromZero: true),
                start * scale, start * scale + frames, BlendMask.Trapezoid(frames, fadeInFrames, fadeOut * scale, fromZero: true)));
        }
        return new AxisTiles(cells, (cells - 1) * scale + 1, tiles);
    }

    // (start, end, fade in, fade out) in cells
    private static IEnumerable<(int Start, int End, int FadeIn, int FadeOut)> Cut(int cells, AxisTiling tiling, int scale)
    {
        int overlap = tiling.Overlap / scale, size = Math.Max(tiling.Size / scale, overlap + 1);
        if (tiling.Size == 0 || cells <= size)
        {
            yield return (0, cells, 0, 0);
            yield break;
        }
        int step = size - overlap;
        for (int start = 0; ; start += step)
        {
            bool isLast = start + size >= cells;
            yield return (start, isLast ? cells : start + size, start == 0 ? 0 : overlap, isLast ? 0 : overlap);
            if (isLast) yield break;
        }
    }

    private float[] Sum(int length, Func<AxisTile, (int Start, float[] Mask)> part)
    {
        float[] sum = new float[length];
        foreach (AxisTile tile in Tiles)
        {
            (int start, float[] mask) = part(tile);
            for (int i = 0; i < mask.Length; i++) sum[start + i] += mask[i];
        }
        return sum;
    }
}
