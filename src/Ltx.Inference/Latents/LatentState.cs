using Ltx.Inference.Layers;
using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Latents;

/// <summary>
/// The tokens of one stream while they are denoised: the target's, and behind them those of references and keyframes.
/// Source: ltx_core/types.py (400fd31).
/// </summary>
/// <param name="Latent">[B, T, C] as noisy as they are now</param>
/// <param name="Clean">[B, T, C] what tokens that keep their content go back to</param>
/// <param name="DenoiseMask">[B, T, 1] float32: share of the noise each token gets; 0 keeps its content</param>
/// <param name="Positions">[B, axes, T, 2] float32</param>
/// <param name="Groups">how strongly the target's and each conditioning's tokens see each other, or null where all do freely</param>
/// <param name="TargetTokens">how many of the tokens are the target's: the first ones</param>
/// <param name="Frozen">whether the stream is only listened to: its noise level counts as 0</param>
public sealed record LatentState(Tensor Latent, Tensor Clean, Tensor DenoiseMask, Tensor Positions, TokenGroups? Groups, int TargetTokens, bool Frozen)
{
    /// <summary>A stream without conditionings.</summary>
    /// <param name="tokens">[B, T, C] what to begin with: zeros, or a latent to refine</param>
    /// <param name="positions">[B, axes, T, 2]</param>
    public static LatentState Initial(Tensor tokens, Tensor positions) =>
        new(tokens, tokens, ones(tokens.shape[0], tokens.shape[1], 1, device: tokens.device), positions, null, (int)tokens.shape[1], false);

    /// <summary>The same stream, kept as it is and only listened to.</summary>
    public LatentState Freeze() => this with { DenoiseMask = zeros_like(DenoiseMask), Frozen = true };

    /// <summary>Replaces the part of every token that the mask wants, by noise of the given share.</summary>
    /// <param name="noise">[B, T, C]</param>
    /// <param name="scale">first sigma of the schedule</param>
    public LatentState WithNoise(Tensor noise, double scale)
    {
        using var scope = NewDisposeScope();
        Tensor latent = Latent.AtLeastFloat32(), noisy = lerp(latent, noise.to(latent.dtype), scale);
        return this with { Latent = lerp(Clean.to(latent.dtype), noisy, DenoiseMask.to(latent.dtype)).to(Latent.dtype).MoveToOuterDisposeScope() };
    }

    /// <summary>Puts the clean content back where the mask keeps it.</summary>
    /// <param name="denoised">[B, T, C]</param>
    public Tensor KeepClean(Tensor denoised)
    {
        using var scope = NewDisposeScope();
        return (denoised * DenoiseMask + Clean.AtLeastFloat32() * (1 - DenoiseMask)).to(denoised.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Adds tokens behind all others.</summary>
    /// <param name="tokens">[B, M, C] their clean content</param>
    /// <param name="positions">[B, axes, M, 2]</param>
    /// <param name="strength">1 keeps them clean, 0 denoises them like the target</param>
    /// <param name="attention">how strongly they and the target see each other; null for freely</param>
    internal LatentState Append(Tensor tokens, Tensor positions, double strength, double? attention)
    {
        tokens = tokens.to(Latent.dtype);
        return this with
        {
            Latent = cat([Latent, zeros_like(tokens)], 1),
            Clean = cat([Clean, tokens], 1),
            DenoiseMask = cat([DenoiseMask, full([tokens.shape[0], tokens.shape[1], 1], 1 - strength, dtype: ScalarType.Float32, device: tokens.device)], 1),
            Positions = cat([Positions, positions], 2),
            Groups = AppendGroup(tokens.shape[1], attention),
        };
    }

    // Tokens of different conditionings do not see each other once any of them has a strength of its own. The target is the first group; those of
    // before the first strength are one.
    private TokenGroups? AppendGroup(long count, double? attention)
    {
        if (attention is null && Groups is null) return null;
        TokenGroups groups = Groups ?? new TokenGroups([TargetTokens], new double[,] { { 1 } });
        long others = Latent.shape[1] - groups.Tokens;
        if (others > 0) groups = groups.With(others, _ => 1);
        return groups.With(count, group => group == 0 ? attention ?? 1 : 0);
    }
}
