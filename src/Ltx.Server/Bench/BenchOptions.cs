using Ltx.Inference.Generation;
using Ltx.Server.Media;

namespace Ltx.Server.Bench;

/// <summary>What to measure.</summary>
/// <param name="Size">of the request; null where none is run</param>
/// <param name="Tokens">of single forwards</param>
/// <param name="Repeat">measured runs of each, after one that is not</param>
/// <param name="Profile">whether single forwards are looked into, part by part</param>
/// <param name="Recipe">of the request; null for the model's own</param>
/// <param name="Predict">whether times are predicted beside those that are measured</param>
internal sealed record BenchOptions((int Width, int Height, int Frames)? Size, int Steps, IReadOnlyList<int> Tokens, int Repeat, bool Profile, string? Recipe, bool Predict)
{
    /// <summary>How requests are run: at the size that is asked for.</summary>
    public InpaintOptions Inpaint => new(Recipe, ModelLocator.Recipes, WorkingShortSide: 0, WorkingPixels: long.MaxValue);
}
