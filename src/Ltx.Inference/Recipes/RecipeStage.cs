using Ltx.Inference.Sampling;
using static Ltx.Inference.Recipes.Recipe;

namespace Ltx.Inference.Recipes;

/// <summary>One of the two denoising stages.</summary>
/// <param name="Distilled">strength of the distilled LoRA</param>
/// <param name="Adapter">strength of the in/outpainting adapter</param>
/// <param name="Guide">whether this stage sees the guide, where it is given</param>
/// <param name="LatentMask">how preserved cells are given as clean latents; null where they are not</param>
/// <param name="Sampler">how it walks</param>
/// <param name="Schedule">over which noise levels</param>
/// <param name="Guidance">away from what; null for nothing</param>
/// <param name="NoiseSeed">what is added to the request's seed for noise of this stage's own; null where it goes on with the noise of the stage before</param>
public sealed record RecipeStage(
    double Distilled, double Adapter, bool Guide, RecipeLatentMask? LatentMask, RecipeSampler Sampler, RecipeSchedule Schedule, RecipeGuidance? Guidance, int? NoiseSeed)
{
    /// <summary>Whether it looks at the negative prompt: CFG++ does without guidance, too.</summary>
    public bool UsesNegativePrompt(double guidance) => Sampler.Kind == SamplerKind.EulerCfgPp || (Guidance?.Video.Text.At(guidance) ?? 1) != 1 || (Guidance?.Audio.Text.At(guidance) ?? 1) != 1;

    /// <summary>Forwards of the transformer in all.</summary>
    /// <param name="steps">what the request asks for</param>
    /// <param name="guidance">what the request asks for</param>
    public int Forwards(int steps, double guidance)
    {
        (GuidanceParameters video, GuidanceParameters audio) = Parameters(guidance);
        int extra = (video.UsesPerturbed || audio.UsesPerturbed ? 1 : 0) + (video.UsesModality || audio.UsesModality ? 1 : 0);
        bool negative = video.UsesNegativePrompt || audio.UsesNegativePrompt;
        int walked = Schedule.Steps(steps), evaluations = Sampler.Create(0).Evaluations(walked);
        // CFG++ looks at the negative prompt for the way to the next level, and at the last step there is none.
        int negatives = negative ? evaluations : Sampler.Kind == SamplerKind.EulerCfgPp ? evaluations - 1 : 0;
        return evaluations * (1 + extra) + negatives;
    }

    /// <summary>Guidance of both streams.</summary>
    public (GuidanceParameters Video, GuidanceParameters Audio) Parameters(double guidance) =>
        Guidance is null ? (GuidanceParameters.None, GuidanceParameters.None) : (Guidance.Video.At(guidance), Guidance.Audio.At(guidance));

    internal void Check(string name)
    {
        Require(double.IsFinite(Distilled) && double.IsFinite(Adapter), $"{name}: a strength is no number");
        Require(LatentMask is null or { Grow: >= 0 }, $"{name}.latent_mask.grow is negative");
        Sampler.Check(name);
        Schedule.Check(name);
        Guidance?.Check(name);
    }
}

/// <summary>Preserved cells as clean latents.</summary>
/// <param name="Grow">cells by which the regenerated region is grown, in space and time, before the rest is kept: what is encoded beside the mask knows what is under it</param>
public sealed record RecipeLatentMask(int Grow);
