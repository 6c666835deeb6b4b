using static Ltx.Inference.Recipes.Recipe;

namespace Ltx.Inference.Recipes;

public enum CompositeMode
{
    /// <summary>A soft seam around the request's own mask, tones matched at it; beyond it the source's pixels exactly.</summary>
    Blend,

    /// <summary>Generated pixels inside the mask, source pixels outside, nothing between.</summary>
    Hard,

    /// <summary>The generated frames as they are.</summary>
    None,

    /// <summary>The publisher's pyramid blend under the widened mask.</summary>
    Pyramid,
}

/// <summary>How generated and source pixels are put together.</summary>
/// <param name="Feather">width of the seam around the request's mask; blend only</param>
/// <param name="LowResDilation">see <see cref="RecipeHandover"/>; pyramid only</param>
public sealed record RecipeComposite(CompositeMode Kind, RecipeLength Feather, int LowResDilation = 0)
{
    internal void Check()
    {
        Feather.Check("composite.feather");
        Require(LowResDilation >= 0, "composite.low_res_dilation is negative");
    }
}
