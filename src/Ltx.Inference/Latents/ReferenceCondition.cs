using static TorchSharp.torch;

namespace Ltx.Inference.Latents;

/// <summary>
/// Lets the target look at a reference clip (an in-context LoRA's guide). Source: ltx_core/conditioning/types/reference_video_cond.py (400fd31).
/// </summary>
/// <param name="Latent">[B, C, F, H, W]</param>
/// <param name="Downscale">how many times smaller than the target the reference is</param>
/// <param name="TemporalScale">how many times fewer frames a second it has</param>
/// <param name="Strength">1 keeps the reference clean, 0 denoises it like the target</param>
/// <param name="Attention">how strongly reference and target see each other, from 0 to 1; null for freely</param>
public sealed record ReferenceCondition(Tensor Latent, int Downscale = 1, int TemporalScale = 1, double Strength = 1, double? Attention = null) : ICondition
{
    public LatentState Apply(LatentState state, VideoTarget target)
    {
        LatentShape shape = new((int)Latent.shape[2], (int)Latent.shape[3], (int)Latent.shape[4]);
        Tensor positions = TokenPositions.VideoFrames(shape, target.Scale, causal: true, Latent.device);
        TokenPositions.InSeconds(positions, target.FramesPerSecond / TemporalScale);
        using (var scope = NewDisposeScope())
        {
            Tensor time = positions.select(1, 0);
            // The last reference frame ends where the target's last one does.
            if (TemporalScale != 1) time.sub_((TemporalScale - 1) / target.FramesPerSecond).clamp_(min: 0);
            positions.narrow(1, 1, 2).mul_(Downscale);
        }
        return state.Append(Patchifier.VideoTokens(Latent), positions.expand(Latent.shape[0], -1, -1, -1), Strength, Attention);
    }
}
