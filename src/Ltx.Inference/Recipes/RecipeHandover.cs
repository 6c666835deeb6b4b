namespace Ltx.Inference.Recipes;

public enum HandoverKind
{
    /// <summary>The latent upsampler.</summary>
    Latent,

    /// <summary>Decoded, blended with the guide's surroundings, enlarged and encoded again.</summary>
    Pixels,
}

/// <summary>How the second stage begins.</summary>
/// <param name="LowResDilation">cells by which the blend's mask is widened while it is 64 long; by pixels only</param>
public sealed record RecipeHandover(HandoverKind Kind, int LowResDilation = 0);
