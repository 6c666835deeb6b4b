using static Ltx.Inference.Recipes.Recipe;

namespace Ltx.Inference.Recipes;

/// <summary>A length in pixels.</summary>
/// <param name="Pixels">how many</param>
/// <param name="AtShortSide">of a frame whose shorter side is this, and in proportion on others; null for the same number on every frame</param>
public sealed record RecipeLength(int Pixels, int? AtShortSide = null)
{
    /// <summary>On a frame of this size, rounded.</summary>
    public int On(int height, int width) => AtShortSide is { } side ? (int)Math.Round((double)Pixels * Math.Min(height, width) / side, MidpointRounding.AwayFromZero) : Pixels;

    internal void Check(string name)
    {
        Require(Pixels is >= 0 and <= 4096, $"{name}.pixels must be between 0 and 4096");
        Require(AtShortSide is null or > 0, $"{name}.at_short_side must be above 0");
    }
}
