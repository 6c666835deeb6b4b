using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>
/// RGB to halved chroma and back, on numbers from 0 to 255. Between two samples chroma is interpolated linearly, each where it lies; it is
/// halved by the transposed weights.
/// </summary>
internal sealed class YuvConversion(YuvColours colours)
{
    private const float ChromaMiddle = 128;

    // ITU-R BT.601 and BT.709: 219 steps of luma from 16 on, 224 of chroma around 128.
    private readonly double lumaScale = colours.IsFullRange ? 1 : 219 / 255.0, lumaOffset = colours.IsFullRange ? 0 : 16, chromaScale = colours.IsFullRange ? 1 : 224 / 255.0;

    private double Kg => 1 - colours.Kr - colours.Kb;

    /// <summary>Planes to pixels.</summary>
    /// <param name="luma">[F, 1, H, W] float32</param>
    /// <param name="chroma">[F, 2, H/2, W/2] float32: Cb, Cr</param>
    /// <returns>[F, 3, H, W] float32; not clamped</returns>
    public Tensor ToRgb(Tensor luma, Tensor chroma)
    {
        using var scope = NewDisposeScope();
        Tensor y = (luma - lumaOffset) / lumaScale, differences = Doubled(Doubled((chroma - ChromaMiddle) / chromaScale, 3, colours.ChromaX), 2, colours.ChromaY);
        Tensor blue = y + differences.narrow(1, 0, 1) * (2 * (1 - colours.Kb)), red = y + differences.narrow(1, 1, 1) * (2 * (1 - colours.Kr));
        Tensor green = (y - red * colours.Kr - blue * colours.Kb) / Kg;
        return cat([red, green, blue], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Pixels to planes.</summary>
    /// <param name="rgb">[F, 3, H, W] float32</param>
    /// <returns>[F, 1, H, W] and [F, 2, H/2, W/2] float32; neither rounded nor clamped</returns>
    public (Tensor Luma, Tensor Chroma) FromRgb(Tensor rgb)
    {
        using var scope = NewDisposeScope();
        Tensor y = Luma(rgb), small = Halved(Halved(rgb, 2, colours.ChromaY), 3, colours.ChromaX), smallY = Luma(small);
        Tensor cb = (small.narrow(1, 2, 1) - smallY) * (chromaScale / (2 * (1 - colours.Kb))), cr = (small.narrow(1, 0, 1) - smallY) * (chromaScale / (2 * (1 - colours.Kr)));
        return (y.mul_(lumaScale).add_(lumaOffset).MoveToOuterDisposeScope(), cat([cb, cr], 1).add_(ChromaMiddle).MoveToOuterDisposeScope());
    }

    private Tensor Luma(Tensor rgb)
    {
        using var scope = NewDisposeScope();
        return (rgb.narrow(1, 0, 1) * colours.Kr).add_(rgb.narrow(1, 1, 1) * Kg).add_(rgb.narrow(1, 2, 1) * colours.Kb).MoveToOuterDisposeScope();
    }

    // A sample lies `position` behind the first pixel of its pair. That pixel is interpolated with the sample before, the second with the one behind.
    private static Tensor Doubled(Tensor samples, int dimension, double position)
    {
        using var scope = NewDisposeScope();
        Tensor first = Mixed(samples, () => Previous(samples, dimension), position / 2);
        Tensor second = Mixed(samples, () => Next(samples, dimension), (1 - position) / 2);
        return stack([first, second], dimension + 1).flatten(dimension, dimension + 1).MoveToOuterDisposeScope();
    }

    private static Tensor Halved(Tensor pixels, int dimension, double position)
    {
        using var scope = NewDisposeScope();
        Tensor first = pixels.slice(dimension, 0, pixels.shape[dimension], 2), second = pixels.slice(dimension, 1, pixels.shape[dimension], 2);
        // Beyond the frame its last pixel goes on, first or second.
        Tensor Before() => cat([first.narrow(dimension, 0, 1), second.narrow(dimension, 0, second.shape[dimension] - 1)], dimension);
        Tensor Behind() => cat([first.narrow(dimension, 1, first.shape[dimension] - 1), second.narrow(dimension, second.shape[dimension] - 1, 1)], dimension);
        return (Mixed(first, Behind, position / 2) + Mixed(second, Before, (1 - position) / 2)).div_(2).MoveToOuterDisposeScope();
    }

    // other: makes a tensor of its own, which is changed in place
    private static Tensor Mixed(Tensor one, Func<Tensor> other, double share)
    {
        using var scope = NewDisposeScope();
        return (share == 0 ? one.alias() : (one * (1 - share)).add_(other().mul_(share))).MoveToOuterDisposeScope();
    }

    private static Tensor Previous(Tensor samples, int dimension) =>
        cat([samples.narrow(dimension, 0, 1), samples.narrow(dimension, 0, samples.shape[dimension] - 1)], dimension);

    private static Tensor Next(Tensor samples, int dimension)
    {
        long last = samples.shape[dimension] - 1;
        return cat([samples.narrow(dimension, 1, last), samples.narrow(dimension, last, 1)], dimension);
    }
}
