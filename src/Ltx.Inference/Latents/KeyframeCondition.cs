using static TorchSharp.torch;

namespace Ltx.Inference.Latents;

/// <summary>
/// Shows the target what a moment looks like. Source: ltx_core/conditioning/types/keyframe_cond.py (400fd31).
/// </summary>
/// <param name="Latent">[B, C, F, H, W] of one picture, or of a short clip</param>
/// <param name="Frame">the frame of the target at which it begins</param>
/// <param name="Strength">1 keeps it clean</param>
/// <param name="PixelFrames">frames that the latent was encoded from</param>
/// <param name="Attention">how strongly it and the target see each other, from 0 to 1; null for freely</param>
public sealed record KeyframeCondition(Tensor Latent, int Frame, double Strength = 1, int PixelFrames = 1, double? Attention = null) : ICondition
{
    public LatentState Apply(LatentState state, VideoTarget target)
    {
        LatentShape shape = new((int)Latent.shape[2], (int)Latent.shape[3], (int)Latent.shape[4]);
        Tensor positions = TokenPositions.VideoFrames(shape, target.Scale, causal: Frame == 0, Latent.device);
        using (var scope = NewDisposeScope())
        {
            Tensor time = positions.select(1, 0).add_(Frame);
            // A picture lasts one frame, however long the latent cell is.
            if (PixelFrames == 1) time.select(-1, 1).copy_(time.select(-1, 0) + 1);
        }
        TokenPositions.InSeconds(positions, target.FramesPerSecond);
        return state.Append(Patchifier.VideoTokens(Latent), positions.expand(Latent.shape[0], -1, -1, -1), Strength, Attention);
    }
}
