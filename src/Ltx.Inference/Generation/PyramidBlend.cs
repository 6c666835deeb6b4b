using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>
/// The publisher's Laplacian pyramid blend: bands of detail of both pictures are put together under the mask's own pyramid.
/// Source: ComfyUI-LTXVideo, pyramid_blending.py (aceeae9), and the pyramids of kornia that it calls.
/// </summary>
internal static class PyramidBlend
{
    private const int MostLevels = 7;

    // The mask is widened while its longer side has this many cells.
    private const int LowResLongSide = 64;

    private static readonly float[] Binomial = [1 / 16f, 4 / 16f, 6 / 16f, 4 / 16f, 1 / 16f];

    /// <summary>Blends some frames.</summary>
    /// <param name="inside">[F, 3, H, W] float32 from 0 to 1: what is seen under the mask</param>
    /// <param name="outside">[F, 3, H, W] what is seen beyond it</param>
    /// <param name="mask">[F, 1, H, W] 0 or 1</param>
    /// <param name="lowResDilation">cells by which the mask is widened while it is small</param>
    /// <returns>[F, 3, H, W] from 0 to 1</returns>
    public static Tensor Blend(Tensor inside, Tensor outside, Tensor mask, int lowResDilation)
    {
        using var scope = NewDisposeScope();
        long height = inside.shape[2], width = inside.shape[3], tall = PowerOfTwo(height), wide = PowerOfTwo(width);
        int levels = Math.Min(MostLevels, (int)Math.Log2(Math.Min(tall, wide)));
        Tensor Padded(Tensor picture) => tall == height && wide == width ? picture : nn.functional.pad(picture, [0, wide - width, 0, tall - height], PaddingModes.Reflect);
        List<Tensor> weights = Gaussian(Padded(Widened(mask.to(inside.dtype), lowResDilation)), levels), a = Laplacian(Padded(inside), levels), b = Laplacian(Padded(outside), levels);
        Tensor Level(int level) => lerp(b[level], a[level], weights[level].expand_as(a[level]));
        Tensor sum = Level(levels - 1);
        for (int level = levels - 2; level >= 0; level--) sum = Up(sum) + Level(level);
        return sum.narrow(2, 0, height).narrow(3, 0, width).clamp(0, 1).MoveToOuterDisposeScope();
    }

    /// <summary>The mask with its soft edge that the blend goes by.</summary>
    /// <param name="mask">[F, 1, H, W]</param>
    internal static Tensor Widened(Tensor mask, int lowResDilation)
    {
        if (lowResDilation == 0) return mask.alias();
        using var scope = NewDisposeScope();
        long height = mask.shape[2], width = mask.shape[3];
        double scale = (double)LowResLongSide / Math.Max(height, width);
        // As Python rounds.
        long Side(long side) => Math.Max(1, (long)Math.Round(side * scale, MidpointRounding.ToEven));
        Tensor small = Math.Max(height, width) == LowResLongSide ? mask : Bilinear(mask, Side(height), Side(width));
        int size = 2 * lowResDilation + 1;
        Tensor wider = nn.functional.max_pool2d(small, [size, size], [1, 1], [lowResDilation, lowResDilation]);
        return Bilinear(wider, height, width).MoveToOuterDisposeScope();
    }

    private static long PowerOfTwo(long side) => (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)side);

    private static List<Tensor> Gaussian(Tensor picture, int levels)
    {
        List<Tensor> pyramid = [picture];
        while (pyramid.Count < levels) pyramid.Add(Down(pyramid[^1]));
        return pyramid;
    }

    private static List<Tensor> Laplacian(Tensor picture, int levels)
    {
        List<Tensor> pyramid = Gaussian(picture, levels);
        return [.. pyramid.Select((level, i) => i == levels - 1 ? level : level - Up(pyramid[i + 1]))];
    }

    private static Tensor Down(Tensor picture) => Bilinear(Blurred(picture), picture.shape[2] / 2, picture.shape[3] / 2);

    private static Tensor Up(Tensor picture) => Blurred(Bilinear(picture, picture.shape[2] * 2, picture.shape[3] * 2));

    private static Tensor Bilinear(Tensor picture, long height, long width) => nn.functional.interpolate(picture, [height, width], mode: InterpolationMode.Bilinear, align_corners: false);

    // The 5 x 5 binomial filter, rows and columns one after the other; the picture is reflected at its edges.
    private static Tensor Blurred(Tensor picture)
    {
        using var scope = NewDisposeScope();
        long[] shape = picture.shape;
        Tensor planes = nn.functional.pad(picture.reshape(-1, 1, shape[2], shape[3]), [2, 2, 2, 2], PaddingModes.Reflect), filter = tensor(Binomial).to(picture.dtype, picture.device);
        Tensor rows = nn.functional.conv2d(planes, filter.view(1, 1, 1, 5));
        return nn.functional.conv2d(rows, filter.view(1, 1, 5, 1)).view(shape).MoveToOuterDisposeScope();
    }
}
