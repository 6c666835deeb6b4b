namespace Ltx.Inference.Recipes;

public enum GuideUse
{
    /// <summary>Where the adapter, a LoRA or the model itself was trained with it.</summary>
    WhereKnown,

    Always,

    Never,
}

/// <summary>Preserved cells as clean latents, where the guide cannot be given or does not suffice.</summary>
/// <param name="Grow">see <see cref="RecipeLatentMask"/></param>
/// <param name="Recipe">the recipe for LoRAs that were trained with clean latents and no guide; null for this one</param>
public sealed record CleanLatents(int Grow, string? Recipe = null);
