using Ltx.Inference.Latents;
using Ltx.Inference.Recipes;

namespace Ltx.Inference.Planning;

/// <summary>What a memory plan has to know of a request.</summary>
/// <param name="Frames">of the clip, not padded</param>
/// <param name="Height">pixels</param>
/// <param name="Width">pixels</param>
public sealed record RequestShape(int Frames, int Height, int Width)
{
    /// <summary>Whether its frames are RGB24, three bytes a pixel, and not planes with halved chroma.</summary>
    public bool IsRgb { get; init; }

    /// <summary>For the length of the sound.</summary>
    public double FramesPerSecond { get; init; } = 24;

    /// <summary>How many times smaller than the clip its guide is.</summary>
    public int ReferenceDownscale { get; init; } = 1;

    /// <summary>How many times fewer frames it has.</summary>
    public int ReferenceTemporalScale { get; init; } = 1;

    /// <summary>What is done with it.</summary>
    public Recipe Recipe { get; init; } = Default.Value;

    /// <summary>Pixels of a frame above which it is worked on smaller.</summary>
    public long WorkingPixels { get; init; } = SizeLimits.MostPixels;

    /// <summary>What the model was made for; null where it does not say.</summary>
    public int? ModelShortSide { get; init; }

    private static readonly Lazy<Recipe> Default = new(() => RecipeBook.Open(RecipeBook.Default));

    private PixelShape Clip => new(Frames, Height, Width);

    /// <summary>How large it is worked on.</summary>
    internal WorkingSize Working(VideoScale scale) => WorkingSize.Of(Clip, Recipe.Size, new SizeLimits(WorkingPixels, ModelShortSide), scale, ReferenceDownscale, ReferenceTemporalScale);

    /// <summary>What the working size costs; null where it is the clip's own.</summary>
    internal string? SizeSentence(VideoScale scale)
    {
        WorkingSize own = WorkingSize.Of(Clip, Recipe.Size with { ShortSide = null }, new SizeLimits(long.MaxValue, null), scale, ReferenceDownscale, ReferenceTemporalScale), size = Working(scale);
        return size.Sentence(size.Padded.ToLatent(scale).Tokens, own.Padded.ToLatent(scale).Tokens);
    }

    public override string ToString() => $"{Width}x{Height}, {Frames} frames";
}
