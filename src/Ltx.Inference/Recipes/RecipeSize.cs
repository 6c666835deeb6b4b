using static Ltx.Inference.Recipes.Recipe;

namespace Ltx.Inference.Recipes;

public enum FrameFitting
{
    /// <summary>Right and bottom are filled up to the grid by repeating the last row and column.</summary>
    PadEdge,

    /// <summary>Right and bottom are filled up to the grid by reflection.</summary>
    PadReflect,

    /// <summary>Both sides are scaled to the grid below them, each by itself.</summary>
    Stretch,
}

public enum Halving
{
    /// <summary>The mean of every four pixels.</summary>
    Mean,

    Lanczos,
}

/// <summary>How large a clip is worked on.</summary>
/// <param name="ShortSide">pixels that the shorter side is brought to; null for the source's own</param>
/// <param name="Shrinks">whether a source with a longer one is made smaller, too</param>
/// <param name="Fit">how the frame comes onto the grid of the latents</param>
/// <param name="Half">how the first stage's clip is made of it</param>
public sealed record RecipeSize(int? ShortSide, bool Shrinks, FrameFitting Fit, Halving Half)
{
    internal void Check() => Require(ShortSide is null or (>= 64 and <= 8192), "size.short_side must be between 64 and 8192");
}
