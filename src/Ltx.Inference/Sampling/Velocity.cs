using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Sampling;

/// <summary>Between a noisy sample, the velocity that a model predicts for it, and the clean sample: x = clean + sigma * velocity.</summary>
public static class Velocity
{
    /// <summary>The clean sample, computed in float32 and returned in the sample's type.</summary>
    /// <param name="sample">[B, T, C]</param>
    /// <param name="velocity">[B, T, C]</param>
    /// <param name="levels">noise level of every token, [B, T, 1] in float32</param>
    public static Tensor ToDenoised(Tensor sample, Tensor velocity, Tensor levels)
    {
        using var scope = NewDisposeScope();
        return (sample.AtLeastFloat32() - velocity.AtLeastFloat32() * levels).to(sample.dtype).MoveToOuterDisposeScope();
    }
}
