using static TorchSharp.torch;

namespace Ltx.Inference.Latents;

/// <summary>
/// Keeps cells of the target at a given content. Source: ltx_core/conditioning/types/mask_cond.py (400fd31).
/// </summary>
/// <param name="Latent">[B, C, F, H, W] the content</param>
/// <param name="Keep">[B, F, H, W] 1 keeps, 0 generates: the inverse of a request's mask</param>
/// <param name="Strength">1 keeps fully</param>
public sealed record MaskCondition(Tensor Latent, Tensor Keep, double Strength = 1) : ICondition
{
    public LatentState Apply(LatentState state, VideoTarget target)
    {
        using var scope = NewDisposeScope();
        // [B, F, H, W] -> [B, 1, F, H, W] -> [B, T, 1]
        Tensor keep = Patchifier.VideoTokens(Keep.unsqueeze(1)).to(ScalarType.Float32), generate = 1 - keep;
        Tensor clean = (state.Clean * generate.to(state.Clean.dtype) + Patchifier.VideoTokens(Latent) * keep.to(state.Clean.dtype)).to(state.Clean.dtype);
        Tensor mask = state.DenoiseMask * generate + keep * (1 - Strength);
        return state with { Clean = clean.MoveToOuterDisposeScope(), DenoiseMask = mask.MoveToOuterDisposeScope() };
    }
}
