using Ltx.Inference.Latents;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;

namespace Ltx.Inference.Generation;

/// <summary>The share of a run that each stage is, for its progress: tokens that go through the transformer, and what corresponds to them elsewhere.</summary>
internal static class StageShares
{
    // The first stage's latent has half the rows and half the columns.
    private const int StageArea = 4;

    /// <param name="latent">of the full size</param>
    public static IReadOnlyList<(InpaintStage, double)> Of(InpaintRequest request, LatentShape latent, Recipe recipe)
    {
        double full = latent.Tokens, half = full / StageArea;
        double Denoising(RecipeStage stage, double tokens) => stage.Forwards(request.Parameters.Steps, request.Parameters.GuidanceScale) * tokens * (recipe.Guides(stage) ? 2 : 1);
        return
        [
            (InpaintStage.Preparing, full / 8), (InpaintStage.Prompt, full / 4), (InpaintStage.Source, 2 * full),
            (InpaintStage.Stage1, Denoising(recipe.Stage1, half)), (InpaintStage.Upsampling, recipe.Handover.Kind == HandoverKind.Latent ? full / 4 : 1.5 * full),
            (InpaintStage.Stage2, Denoising(recipe.Stage2, full)), (InpaintStage.Sound, full / 8), (InpaintStage.Frames, 2 * full),
        ];
    }
}
