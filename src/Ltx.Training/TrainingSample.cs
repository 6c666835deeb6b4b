using static TorchSharp.torch;

namespace Ltx.Training;

/// <summary>What one clip gives to a step: prepared once, read from then on. Belongs to whoever asked for it.</summary>
/// <param name="Latent">[1, C, F, H, W] the clip, as the VAE encodes it</param>
/// <param name="FramesPerSecond">of the clip that was encoded</param>
/// <param name="Context">[1, S, D] its caption, as the video stream reads it</param>
/// <param name="Keep">[1, F, H, W] bool, true where the clip is given and not generated; null where the data set has no masks</param>
/// <param name="Reference">what goes with it; null where the data set has none</param>
public sealed record TrainingSample(Tensor Latent, double FramesPerSecond, Tensor Context, Tensor? Keep = null, ReferenceLatent? Reference = null) : IDisposable
{
    public void Dispose()
    {
        Latent.Dispose();
        Context.Dispose();
        Keep?.Dispose();
        Reference?.Latent.Dispose();
    }
}

/// <summary>A clip that another one is made from.</summary>
/// <param name="Latent">[1, C, F', H', W']</param>
/// <param name="FramesPerSecond">its own: the target's, divided by what its frames are fewer</param>
public sealed record ReferenceLatent(Tensor Latent, double FramesPerSecond);
