using Ltx.Inference.Native;
using Ltx.Training.Preparation;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Preparation;

public sealed class CoverCropTests
{
    // By hand, after _resize_and_crop of process_videos.py: int(1920 * 544 / 1080) = int(967.1), and so on.
    [Theory]
    [InlineData(1080, 1920, 544, 960, 544, 967, 0, 3)]
    [InlineData(544, 960, 544, 960, 544, 960, 0, 0)]
    [InlineData(1920, 1080, 544, 960, 1706, 960, 581, 0)]
    [InlineData(480, 640, 512, 512, 512, 682, 0, 85)]
    [InlineData(640, 480, 512, 512, 682, 512, 85, 0)]
    [InlineData(100, 300, 32, 96, 32, 96, 0, 0)]
    public void A_clip_is_scaled_to_cover_its_size_and_cut_around_the_middle(
        int height, int width, int toHeight, int toWidth, int resizedHeight, int resizedWidth, int top, int left) =>
        Assert.Equal(new CoverCrop(resizedHeight, resizedWidth, top, left, toHeight, toWidth), CoverCrop.Of(height, width, toHeight, toWidth));

    [Theory]
    [InlineData(48, 80, 20, 30, true)]
    [InlineData(48, 80, 20, 30, false)]
    [InlineData(20, 30, 47, 64, true)]
    [InlineData(20, 30, 47, 64, false)]
    public void Pictures_are_resampled_with_a_filter_that_is_widened_where_they_become_smaller(
        int height, int width, int toHeight, int toWidth, bool isCubic)
    {
        using Tensor pictures = Seeded.Uniform(5, [2, 3, height, width]);

        using Tensor resized = Operators.ResizeAntialiased(pictures, toHeight, toWidth, isCubic);

        using Tensor rows = tensor(Weights(height, toHeight, isCubic)), columns = tensor(Weights(width, toWidth, isCubic));
        using Tensor expected = einsum("nchw,ih,jw->ncij", pictures.to(ScalarType.Float64), rows, columns);
        using Tensor difference = (resized.to(ScalarType.Float64) - expected).abs().max();
        Assert.Equal([2, 3, toHeight, toWidth], resized.shape);
        Assert.True(difference.item<double>() < 1e-5, $"They differ by {difference.item<double>()}.");
    }

    [Fact]
    public void Applying_it_cuts_what_was_resized()
    {
        using Tensor pictures = Seeded.Uniform(6, [1, 3, 48, 80]);
        CoverCrop crop = CoverCrop.Of(48, 80, 32, 32);
        Assert.Equal(new CoverCrop(32, 53, 0, 10, 32, 32), crop);

        using Tensor cut = crop.Apply(pictures), resized = Operators.ResizeAntialiased(pictures, 32, 53, isCubic: true);
        using Tensor expected = resized.narrow(3, 10, 32);

        Assert.True(cut.equal(expected).all().item<bool>());
    }

    [Fact]
    public void What_has_the_size_comes_through_as_it_is()
    {
        using Tensor pictures = Seeded.Uniform(7, [1, 3, 32, 64]);

        using Tensor cut = CoverCrop.Of(32, 64, 32, 32).Apply(pictures), expected = pictures.narrow(3, 16, 32);

        Assert.True(cut.equal(expected).all().item<bool>());
    }

    // [to, from] of the filter that Pillow has, and torch after it: cubic with a = -0.5, or a triangle.
    private static double[,] Weights(int from, int to, bool isCubic)
    {
        double scale = (double)from / to, wide = Math.Max(scale, 1), support = (isCubic ? 2 : 1) * wide;
        double[,] weights = new double[to, from];
        for (int i = 0; i < to; i++)
        {
            double centre = scale * (i + 0.5), sum = 0;
            int first = Math.Max(0, (int)(centre - support + 0.5)), end = Math.Min(from, (int)(centre + support + 0.5));
            for (int j = first; j < end; j++) sum += weights[i, j] = Kernel((j - centre + 0.5) / wide, isCubic);
            for (int j = first; j < end; j++) weights[i, j] /= sum;
        }
        return weights;
    }

    private static double Kernel(double x, bool isCubic)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        if (!isCubic) return Math.Max(0, 1 - x);
        return x < 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
}
