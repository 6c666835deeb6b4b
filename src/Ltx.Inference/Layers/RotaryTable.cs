using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>Cosines and sines of rotary angles, one for every head, token and pair of features.</summary>
/// <param name="Cos">[B, H, T, D/2]</param>
/// <param name="Sin">[B, H, T, D/2]</param>
public sealed record RotaryTable(Tensor Cos, Tensor Sin) : IDisposable
{
    /// <summary>Rotates the first half of each head against its second half ("split", not interleaved, pairs).</summary>
    /// <param name="x">[B, T, H*D]</param>
    /// <returns>[B, H, T, D]</returns>
    public Tensor Rotate(Tensor x)
    {
        using Part part = Part.Of(Part.Rotation);
        using var scope = NewDisposeScope();
        long heads = Cos.shape[1], half = Cos.shape[3];
        // [B, T, H*D] -> [B, H, T, D]
        Tensor perHead = x.view(x.shape[0], x.shape[1], heads, 2 * half).transpose(1, 2);
        Tensor first = perHead.narrow(-1, 0, half), second = perHead.narrow(-1, half, half);
        Tensor rotatedFirst = (first * Cos).addcmul_(second, Sin, -1);
        Tensor rotatedSecond = (second * Cos).addcmul_(first, Sin, 1);
        return cat([rotatedFirst, rotatedSecond], -1).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Cos.Dispose();
        Sin.Dispose();
    }
}
