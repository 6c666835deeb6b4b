using static Ltx.Inference.Recipes.Recipe;

namespace Ltx.Inference.Recipes;

public enum CropKind
{
    /// <summary>The whole frame is worked on.</summary>
    None,

    /// <summary>Where the mask takes little of the frame, a window around it is worked on alone, at a working size of its own.</summary>
    Auto,
}

/// <summary>Whether a part of the frame is worked on in place of all of it.</summary>
/// <param name="Context">what is seen around the mask: of the longer side of its box over the whole clip, to every side</param>
/// <param name="Below">share of the frame's pixels from which on the whole frame is worked on</param>
/// <param name="Enlarge">how many times a window is enlarged at most; a smaller one takes in more of the frame</param>
public sealed record RecipeCrop(CropKind Kind, double Context = 0, double Below = 0, double Enlarge = 1)
{
    internal void Check()
    {
        if (Kind == CropKind.None) return;
        Require(Context is >= 0 and <= 16, "crop.context must be between 0 and 16");
        Require(Below is > 0 and <= 1, "crop.below must be above 0 and at most 1");
        Require(Enlarge is >= 1 and <= 64, "crop.enlarge must be between 1 and 64");
    }
}
