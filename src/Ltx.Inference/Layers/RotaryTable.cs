using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>Cosines and sines of rotary angles, one for every head, token and pair of features.</summary>
/// <param name="Cos">[B, H, T, D/2]</param>
/// <param name="Sin">[B, H, T, D/2]</param>
/// <param name="Interleaved">which features make a pair: neighbours, as in older checkpoints; otherwise one of each half of a head ("split")</param>
public sealed record RotaryTable(Tensor Cos, Tensor Sin, bool Interleaved = false) : IDisposable
{
    /// <summary>Rotates the features of each pair against each other.</summary>
    /// <param name="x">[B, T, H*D]</param>
    /// <returns>[B, H, T, D]</returns>
    public Tensor Rotate(Tensor x)
    {
        using Part part = Part.Of(Part.Rotation);
        using var scope = NewDisposeScope();
        long heads = Cos.shape[1], half = Cos.shape[3];
        // [B, T, H*D] -> [B, H, T, D/2, 2] or [B, H, T, 2, D/2]
        (long[] shape, int side) = Interleaved ? (new[] { x.shape[0], x.shape[1], heads, half, 2 }, 4) : (new[] { x.shape[0], x.shape[1], heads, 2, half }, 3);
        Tensor pairs = x.view(shape).transpose(1, 2), first = pairs.select(side, 0), second = pairs.select(side, 1);
        Tensor rotatedFirst = (first * Cos).addcmul_(second, Sin, -1);
        Tensor rotatedSecond = (second * Cos).addcmul_(first, Sin, 1);
        return stack([rotatedFirst, rotatedSecond], side).flatten(3).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Cos.Dispose();
        Sin.Dispose();
    }
}
