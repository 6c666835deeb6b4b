using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Training.Preparation;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Preparation;

/// <summary>Which cells a mask leaves to the model: four columns of one row, and the groups of the VAE.</summary>
public sealed class MaskCellsTests
{
    private const int Height = 32, Width = 128;

    private static readonly VideoScale Scale = new(8, 32, 32);

    private static readonly CoverCrop Whole = CoverCrop.Of(Height, Width, Height, Width);

    [Fact]
    public void White_is_made_anew_and_black_is_given() => Assert.Equal("-+++", Keep([Columns(0)], 1));

    [Fact]
    public void The_first_frame_is_a_group_and_then_every_eight()
    {
        byte[][] mask = [.. Enumerable.Repeat(Columns(), 17)];
        (mask[0], mask[8], mask[9]) = (Columns(0), Columns(1), Columns(2));
        Assert.Equal("-+++ +-++ ++-+", Keep(mask, 17));
    }

    [Fact]
    public void A_cell_is_made_anew_where_any_frame_of_its_group_says_so()
    {
        byte[][] mask = [.. Enumerable.Repeat(Columns(), 9)];
        (mask[3], mask[7]) = (Columns(0, 1), Columns(1, 2));
        Assert.Equal("++++ ---+", Keep(mask, 9));
    }

    [Fact]
    public void A_mask_that_ends_early_holds_its_last_frame() => Assert.Equal("-+++ +-++ +-++", Keep([Columns(0), Columns(1)], 17));

    [Fact]
    public void A_mask_that_is_too_long_is_cut() =>
        Assert.Equal("-+++ -+++", Keep([.. Enumerable.Repeat(Columns(0), 9), Columns(0, 1, 2, 3)], 9));

    [Fact]
    public void A_still_mask_is_that_of_every_frame() => Assert.Equal("++-- ++-- ++--", Keep([Columns(2, 3)], 17));

    [Theory]
    [InlineData(16, '+')]
    [InlineData(17, '-')]
    public void A_cell_is_white_by_more_than_half(int columns, char cell)
    {
        byte[] mask = new byte[Height * Width];
        for (int y = 0; y < Height; y++) mask.AsSpan(y * Width, columns).Fill(255);
        Assert.Equal($"{cell}+++", Keep([mask], 1));
    }

    /// <summary>
    /// Of a clip twice as wide as what is trained with, the outer quarters are cut off; a mask of another size lies over the clip all the same.
    /// </summary>
    [Theory]
    [InlineData(64, 256)]
    [InlineData(32, 128)]
    [InlineData(16, 64)]
    [InlineData(64, 64)]
    public void A_mask_is_cut_as_its_clip_is(int height, int width)
    {
        byte[] mask = new byte[height * width];
        for (int y = 0; y < height; y++) mask.AsSpan(y * width + width / 2, width * 3 / 16).Fill(255);
        CoverCrop crop = CoverCrop.Of(64, 256, 32, 64);

        using Tensor keep = MaskCells.Keep([mask], height, width, crop, 1, Scale);

        // Three quarters of the cell on the right; of the whole width they would be less than half of it.
        Assert.Equal([true, false], keep.ToArray<bool>());
    }

    private static string Keep(IReadOnlyList<byte[]> mask, int frames)
    {
        using Tensor keep = MaskCells.Keep(mask, Height, Width, Whole, frames, Scale);
        Assert.Equal([1, (frames - 1) / 8 + 1, 1, 4], keep.shape);
        return string.Join(' ', keep.ToArray<bool>().Chunk(4).Select(row => string.Concat(row.Select(cell => cell ? '+' : '-'))));
    }

    private static byte[] Columns(params int[] white)
    {
        byte[] mask = new byte[Height * Width];
        foreach (int cell in white)
        {
            for (int y = 0; y < Height; y++) mask.AsSpan(y * Width + cell * 32, 32).Fill(255);
        }
        return mask;
    }
}
