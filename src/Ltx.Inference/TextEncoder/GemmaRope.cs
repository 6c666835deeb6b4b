using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>Cosines and sines for a run of positions, and the rotation by them (Gemma3RotaryEmbedding of huggingface/transformers).</summary>
/// <param name="Cos">[T, D], the second half as the first</param>
/// <param name="Sin">[T, D], the second half as the first</param>
internal sealed record GemmaRope(Tensor Cos, Tensor Sin)
{
    /// <param name="headSize">D</param>
    /// <param name="start">the first position</param>
    /// <param name="count">T</param>
    public static GemmaRope At(RopeSettings settings, int headSize, long start, long count, ScalarType type, Device device)
    {
        using var scope = NewDisposeScope();
        // The reference computes frequencies and angles in float32.
        Tensor exponents = arange(0, headSize, 2, ScalarType.Float32) / headSize;
        Tensor frequencies = 1 / pow(settings.Theta, exponents) / settings.Factor;
        // [T, 1] * [D/2] -> [T, D/2] -> [T, D]
        Tensor half = arange(start, start + count, ScalarType.Float32, device).unsqueeze(-1) * frequencies.to(device);
        Tensor angles = cat([half, half], -1);
        return new GemmaRope(angles.cos().to(type).MoveToOuterDisposeScope(), angles.sin().to(type).MoveToOuterDisposeScope());
    }

    /// <param name="x">[B, H, T, D]</param>
    public Tensor Rotate(Tensor x)
    {
        using var scope = NewDisposeScope();
        long half = x.shape[^1] / 2;
        Tensor turned = cat([-x.narrow(-1, half, half), x.narrow(-1, 0, half)], -1);
        return (x * Cos + turned * Sin).MoveToOuterDisposeScope();
    }
}
