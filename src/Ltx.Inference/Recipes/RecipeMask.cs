namespace Ltx.Inference.Recipes;

public enum MaskRule
{
    /// <summary>The mask is brought to either stage's size by area, widened there, and what is above one half counts.</summary>
    EachSize,

    /// <summary>The mask is widened at full size, and at half size a pixel counts where any of its four does.</summary>
    FullSize,
}

/// <summary>What of the request's mask the model is given.</summary>
/// <param name="Grow">how far it is widened to every side, at full size; half of it at half size</param>
/// <param name="Rule">in which order it is widened and made smaller</param>
public sealed record RecipeMask(RecipeLength Grow, MaskRule Rule)
{
    internal void Check() => Grow.Check("mask.grow");
}
