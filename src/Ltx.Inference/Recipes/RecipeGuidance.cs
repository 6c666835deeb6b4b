using Ltx.Inference.Sampling;
using static Ltx.Inference.Recipes.Recipe;

namespace Ltx.Inference.Recipes;

/// <summary>Guidance of a stage.</summary>
/// <param name="Video">of the video stream</param>
/// <param name="Audio">of the audio stream</param>
/// <param name="FrozenSoundStaysPositive">whether, with the source's sound kept, the negative pass has the positive prompt for the sound</param>
public sealed record RecipeGuidance(StreamGuidance Video, StreamGuidance Audio, bool FrozenSoundStaysPositive)
{
    internal void Check(string name)
    {
        Video.Check($"{name}.guidance.video");
        Audio.Check($"{name}.guidance.audio");
    }
}

/// <summary>Guidance of one stream; see <see cref="GuidanceParameters"/>.</summary>
/// <param name="Text">away from the negative prompt; 1 is off</param>
/// <param name="Modality">away from streams that do not see each other; 1 is off</param>
/// <param name="Rescale">how far the deviation is brought back; 0 is off</param>
/// <param name="Perturbed">away from blocks left out (STG); 0 is off</param>
/// <param name="PerturbedBlocks">those blocks</param>
public sealed record StreamGuidance(GuidanceAmount Text, GuidanceAmount Modality, double Rescale, double Perturbed = 0, IReadOnlyList<int>? PerturbedBlocks = null)
{
    /// <summary>For a request's guidance.</summary>
    public GuidanceParameters At(double guidance)
    {
        GuidanceParameters parameters = new(Text.At(guidance), Perturbed, PerturbedBlocks, Modality.At(guidance), Rescale);
        // Nothing to bring back where nothing was pushed.
        return parameters is { UsesNegativePrompt: false, UsesModality: false, UsesPerturbed: false } ? GuidanceParameters.None : parameters;
    }

    internal void Check(string name)
    {
        Require(Rescale is >= 0 and <= 1, $"{name}.rescale must be between 0 and 1");
        Require(double.IsFinite(Perturbed) && (Perturbed == 0 || PerturbedBlocks is { Count: > 0 }), $"{name}.perturbed needs blocks");
    }
}
