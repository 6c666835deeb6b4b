using static TorchSharp.torch;

namespace Ltx.Inference.Latents;

/// <summary>
/// Sets whole latent frames of the target to a given content (a first picture, say).
/// Source: ltx_core/conditioning/types/latent_cond.py (400fd31).
/// </summary>
/// <param name="Latent">[B, C, F, H, W] as wide and high as the target</param>
/// <param name="Index">the first latent frame that is set</param>
/// <param name="Strength">1 keeps it clean</param>
public sealed record LatentFrameCondition(Tensor Latent, int Index, double Strength = 1) : ICondition
{
    /// <exception cref="ArgumentException">The content does not fit into the target.</exception>
    public LatentState Apply(LatentState state, VideoTarget target)
    {
        LatentShape shape = target.Shape;
        if (Latent.shape[3] != shape.Height || Latent.shape[4] != shape.Width || Index < 0 || Index + Latent.shape[2] > shape.Frames)
        {
            throw new ArgumentException($"A latent of {Latent.shape[2]} frames, {Latent.shape[3]}x{Latent.shape[4]}, does not fit at frame {Index} of {shape}.");
        }
        using var scope = NewDisposeScope();
        Tensor tokens = Patchifier.VideoTokens(Latent).to(state.Clean.dtype), clean = state.Clean.clone(), mask = state.DenoiseMask.clone();
        long start = (long)Index * shape.Height * shape.Width;
        clean.narrow(1, start, tokens.shape[1]).copy_(tokens);
        mask.narrow(1, start, tokens.shape[1]).fill_(1 - Strength);
        return state with { Clean = clean.MoveToOuterDisposeScope(), DenoiseMask = mask.MoveToOuterDisposeScope() };
    }
}
