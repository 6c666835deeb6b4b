using Ltx.Inference.Latents;
using Ltx.Inference.VideoVae;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.VideoVae;

public class TilingTests : VideoVaeTest
{
    private static readonly VideoTiling OneTile = new(new AxisTiling(80, 24), AxisTiling.None, new AxisTiling(128, 64));

    [Fact]
    public void One_tile_is_no_tiling()
    {
        using VideoEncoder encoder = Encoder();
        using VideoDecoder decoder = Decoder();
        Tensor video = Random(1, 3, 17, 64, 96);
        Tensor latent = encoder.Encode(video);
        Near(latent, encoder.EncodeTiled(video, OneTile), 0);
        Near(decoder.Decode(latent), All(decoder.DecodeTiled(latent, OneTile)), 0);
    }

    [Theory]
    [InlineData(16, 8, 9)]
    [InlineData(16, 8, 4)]
    [InlineData(24, 8, 9)]
    [InlineData(40, 32, 9)]
    [InlineData(16, 0, 6)]
    [InlineData(16, 8, 1)]
    public void Chunks_make_up_the_clip(int size, int overlap, int latentFrames)
    {
        using VideoDecoder decoder = Decoder();
        Tensor latent = Random(1, 8, latentFrames, 3, 2);
        Tensor[] chunks = [.. decoder.DecodeTiled(latent, new VideoTiling(new AxisTiling(size, overlap), new AxisTiling(64, 32), AxisTiling.None))];
        Assert.Equal([1, 3, decoder.Scale.Frames(latentFrames), 96, 64], cat(chunks, 2).shape);
        // All but the last chunk end where the next tile begins: one latent frame early, because of the frame that stands alone.
        int step = size - overlap;
        Assert.All(chunks[..^1].Skip(1), chunk => Assert.Equal(step, chunk.shape[2]));
        if (chunks.Length > 1) Assert.Equal(step - 8, chunks[0].shape[2]);
    }

    [Fact]
    public void Overlap_below_the_references_floor_is_not_encoded_with()
    {
        using VideoEncoder encoder = Encoder();
        Tensor video = Random(1, 3, 49, 128, 64);
        Assert.Throws<ArgumentException>(() => encoder.EncodeTiled(video, new VideoTiling(new AxisTiling(32, 8), AxisTiling.None, AxisTiling.None)));
        Tensor tiled = encoder.EncodeTiled(video, new VideoTiling(new AxisTiling(32, 16), AxisTiling.None, AxisTiling.None)), whole = encoder.Encode(video);
        Assert.Equal(whole.shape, tiled.shape);
        // The second tile begins at cell 1 with weight 0, and the first one has seen all that came before.
        Near(whole.narrow(2, 0, 2), tiled.narrow(2, 0, 2));
    }

    [Theory]
    [InlineData(20, 8)]
    [InlineData(24, 4)]
    [InlineData(8, 0)]
    [InlineData(16, 16)]
    [InlineData(0, 8)]
    public void Tiles_of_broken_cells_are_refused(int size, int overlap)
    {
        using VideoDecoder decoder = Decoder();
        Assert.Throws<ArgumentException>(() => decoder.DecodeTiled(Random(1, 8, 4, 2, 2), new VideoTiling(new AxisTiling(size, overlap), AxisTiling.None, AxisTiling.None)));
    }

    [Fact]
    public void Ramps_are_the_references()
    {
        // In time: from 0 in steps of a third, and out in steps of a third that never reach 0.
        Assert.Equal([0, 1 / 3f, 2 / 3f, 1, 1, 2 / 3f, 1 / 3f], BlendMask.Trapezoid(7, 3, 2, fromZero: true));
        // In space: one step above 0.
        Assert.Equal([1 / 3f, 2 / 3f, 1, 1, 2 / 3f, 1 / 3f], BlendMask.Trapezoid(6, 2, 2, fromZero: false));
        // Ramps that meet multiply; ramps longer than the tile are cut: [0, 1/2] times [2/3, 1/3].
        Assert.Equal([0, 1 / 6f], BlendMask.Trapezoid(2, 9, 9, fromZero: true));
    }

    [Theory]
    [InlineData(24, 8)]
    [InlineData(80, 24)]
    [InlineData(16, 0)]
    public void Weights_sum_to_one(int size, int overlap)
    {
        AxisTiles time = AxisTiles.OfTime(new AxisTiling(size, overlap), 23, 8);
        Assert.All(time.PixelWeights.Concat(time.CellWeights), weight => Assert.Equal(1, weight, 1e-5f));
        AxisTiles space = AxisTiles.OfSpace(new AxisTiling(size, overlap), 23, 8);
        Assert.All(space.PixelWeights.Concat(space.CellWeights), weight => Assert.Equal(1, weight, 1e-5f));
        Assert.Equal((0, 177), (time.Tiles[0].PixelStart, time.Tiles[^1].PixelEnd));
    }

    [Fact]
    public void Where_more_than_two_tiles_overlap_the_sum_is_divided()
    {
        AxisTiling wide = new(48, 40);
        VideoTileGrid grid = new(new VideoTiling(wide, wide, AxisTiling.None), new VideoScale(8, 8, 8), 12, 12, 2);
        Assert.Contains(grid.Height.PixelWeights, weight => Math.Abs(weight - 1) > 0.1f);
        Tensor sum = zeros([1, 1, 89, 96, 16]);
        foreach (AxisTile t in grid.Time.Tiles)
        {
            foreach (AxisTile h in grid.Height.Tiles)
            {
                Tensor tile = ones([1, 1, t.PixelEnd - t.PixelStart, h.PixelEnd - h.PixelStart, 16]);
                VideoTileGrid.PixelsOf(sum, t, h, grid.Width.Tiles[0]).add_(VideoTileGrid.Weighted(tile, t.PixelMask, h.PixelMask, grid.Width.Tiles[0].PixelMask));
            }
        }
        Near(ones_like(sum), VideoTileGrid.Unweighted(sum, grid.Time.PixelWeights, grid.Height.PixelWeights, grid.Width.PixelWeights));

    }
}
