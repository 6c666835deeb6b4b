using System.Globalization;
using Ltx.Inference.Latents;
using Ltx.Inference.Recipes;

namespace Ltx.Inference.Planning;

/// <summary>
/// How large a clip is worked on, whatever size it has and its result gets: the source is brought to a size of its own (the content) and onto
/// the grid of the latents; what is generated is brought back. docs/inpaint-pipeline.md, section 1.
/// </summary>
/// <param name="Source">the clip as it comes and goes</param>
/// <param name="Height">of the content, in pixels; even</param>
/// <param name="Width">of the content, in pixels; even</param>
/// <param name="Padded">on the grid, frames too</param>
/// <param name="Fit">how it was brought there</param>
internal sealed record WorkingSize(PixelShape Source, int Height, int Width, PixelShape Padded, FrameFitting Fit)
{
    /// <summary>How many times smaller the first stage's sides are.</summary>
    public const int StageFactor = 2;

    public bool IsScaled => (Height, Width) != (Source.Height, Source.Width);

    /// <param name="source">frames and sides of the clip</param>
    /// <param name="rule">the recipe's</param>
    /// <param name="limits">what the model and the operator allow</param>
    /// <param name="scale">pixels of a latent's cell</param>
    /// <param name="downscale">how many times smaller than the half-size clip a reference is</param>
    /// <param name="temporalScale">how many times fewer frames it has</param>
    public static WorkingSize Of(PixelShape source, RecipeSize rule, SizeLimits limits, VideoScale scale, int downscale, int temporalScale)
    {
        double factor = Factor(source, rule, limits);
        int rows = StageFactor * scale.Height * downscale, columns = StageFactor * scale.Width * downscale;
        int frames = RoundUp(source.Frames - 1, scale.Time * temporalScale) + 1;
        if (rule.Fit == FrameFitting.Stretch)
        {
            (int high, int wide) = (OntoGrid(source.Height * factor, rows), OntoGrid(source.Width * factor, columns));
            return new WorkingSize(source, high, wide, new PixelShape(frames, high, wide), rule.Fit);
        }
        (int height, int width) = factor == 1 ? (source.Height, source.Width) : (Even(source.Height * factor), Even(source.Width * factor));
        return new WorkingSize(source, height, width, new PixelShape(frames, RoundUp(height, rows), RoundUp(width, columns)), rule.Fit);
    }

    /// <summary>The half-size clip's padded size.</summary>
    public PixelShape HalfPadded => Padded with { Height = Padded.Height / StageFactor, Width = Padded.Width / StageFactor };

    /// <summary>What is to be said about it; null where the clip is worked on as it is.</summary>
    /// <param name="tokens">cells of the padded latent</param>
    /// <param name="own">cells that the source's own size would have</param>
    public string? Sentence(int tokens, int own) => !IsScaled ? null : string.Create(CultureInfo.InvariantCulture,
        $"Worked on at {Width}x{Height}: {tokens} tokens at full size, where the source's own {Source.Width}x{Source.Height} has {own} ({(double)tokens / own:0.0#} times). The result has the source's size, and only what is generated is scaled.");

    /// <summary>What a smaller clip's shorter side is brought to; 0 where none is enlarged.</summary>
    public static int WantedShortSide(RecipeSize rule, SizeLimits limits) =>
        rule.ShortSide is { } side ? Math.Min(side, limits.ModelShortSide ?? side) : 0;

    private static double Factor(PixelShape source, RecipeSize rule, SizeLimits limits)
    {
        double factor = 1;
        int shorter = Math.Min(source.Height, source.Width);
        if (rule.ShortSide is not null)
        {
            int wanted = WantedShortSide(rule, limits);
            if (shorter < wanted || rule.Shrinks) factor = (double)wanted / shorter;
        }
        double pixels = (double)source.Height * source.Width * factor * factor;
        return pixels > limits.Pixels ? factor * Math.Sqrt(limits.Pixels / pixels) : factor;
    }

    private static int Even(double side) => Math.Max(2, 2 * (int)Math.Round(side / 2));

    private static int OntoGrid(double side, int grid) => Math.Max(1, (int)(side + 0.5) / grid) * grid;

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
