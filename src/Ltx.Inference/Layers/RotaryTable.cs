using Ltx.Inference.Kernels;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>Cosines and sines of rotary angles, one for every token, head and pair of features.</summary>
/// <param name="Cos">[B, T, H, D/2]</param>
/// <param name="Sin">[B, T, H, D/2]</param>
/// <param name="Interleaved">which features make a pair: neighbours, as in older checkpoints; otherwise one of each half of a head ("split")</param>
public sealed record RotaryTable(Tensor Cos, Tensor Sin, bool Interleaved = false) : IDisposable
{
    /// <summary>Queries or keys on their way into attention: normalised over all heads together, and rotated.</summary>
    /// <param name="x">[B, T, H*D]</param>
    /// <returns>[B, T, H*D]</returns>
    internal Tensor NormRotate(RmsNorm norm, Tensor x)
    {
        using Part part = Part.Of(Part.Rotation);
        using var scope = NewDisposeScope();
        return (FusedKernels.For(x)?.NormRotate(x, norm.Weight, norm.Epsilon, Cos, Sin, Interleaved) ?? Rotate(norm.Forward(x))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Rotates the features of each pair against each other. The result lies in memory token after token, as the projections do: attention gives
    /// its own in the layout of its queries, which is then that of the next projection, without a copy.
    /// </summary>
    /// <param name="x">[B, T, H*D]</param>
    /// <returns>[B, T, H*D]</returns>
    public Tensor Rotate(Tensor x)
    {
        using var scope = NewDisposeScope();
        long heads = Cos.shape[2], half = Cos.shape[3];
        // [B, T, H*D] -> [B, T, H, D/2, 2] or [B, T, H, 2, D/2]
        (long[] shape, int side) = Interleaved ? (new[] { x.shape[0], x.shape[1], heads, half, 2 }, 4) : (new[] { x.shape[0], x.shape[1], heads, 2, half }, 3);
        Tensor pairs = x.view(shape), first = pairs.select(side, 0), second = pairs.select(side, 1);
        Tensor rotatedFirst = (first * Cos).addcmul_(second, Sin, -1);
        Tensor rotatedSecond = (second * Cos).addcmul_(first, Sin, 1);
        return stack([rotatedFirst, rotatedSecond], side).view(x.shape).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Cos.Dispose();
        Sin.Dispose();
    }
}
