using Ltx.Inference.Costs;
using Ltx.Inference.Latents;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;

namespace Ltx.Inference.Measuring;

/// <summary>What a whole request is, stage by stage. A LoRA whose reference is smaller than the clip, and the source's own sound, are not thought of.</summary>
public static class RequestWork
{
    /// <param name="request">the clip and its recipe</param>
    /// <param name="steps">denoising steps that are asked for</param>
    /// <param name="guidance">guidance that is asked for</param>
    public static IReadOnlyList<StageWork> Of(ModelArchitecture model, RequestShape request, int steps, double guidance) =>
        [.. Of(new ModelOperations(model), model, request, steps, guidance).Select(stage => new StageWork(stage.Stage, stage.Evaluations, stage.Tokens, stage.Work))];

    /// <summary>The same by any measure of work.</summary>
    internal static IReadOnlyList<(InpaintStage Stage, int Evaluations, int Tokens, T Work)> Of<T>(IModelParts<T> parts, ModelArchitecture model, RequestShape request, int steps, double guidance)
        where T : IWork<T>
    {
        VideoScale scale = model.VideoVae.Scale;
        Recipe recipe = request.Recipe.For(guidance);
        WorkingSize size = request.Working(scale);
        LatentShape full = size.Padded.ToLatent(scale), half = size.HalfPadded.ToLatent(scale);
        int sound = model.AudioVae.Scale.LatentFrames(size.Padded.Frames, request.FramesPerSecond);

        (InpaintStage, int, int, T) Stage(InpaintStage which, RecipeStage stage, LatentShape latent)
        {
            // The reference doubles the tokens.
            int tokens = latent.Tokens * (recipe.Guides(stage) ? 2 : 1), forwards = stage.Forwards(steps, guidance);
            return (which, forwards, tokens, forwards * parts.Forward(tokens, sound));
        }

        int Looks(RecipeStage stage) => (stage.LatentMask is null ? 0 : 1) + (recipe.Guides(stage) ? 1 : 0);
        return
        [
            (InpaintStage.Prompt, 0, 0, (recipe.UsesNegativePrompt(guidance) ? 2 : 1) * parts.Prompt()),
            (InpaintStage.Source, 0, 0, Looks(recipe.Stage1) * parts.Encode(size.HalfPadded) + Looks(recipe.Stage2) * parts.Encode(size.Padded)),
            Stage(InpaintStage.Stage1, recipe.Stage1, half),
            (InpaintStage.Upsampling, 0, 0, recipe.Handover.Kind == HandoverKind.Latent ? parts.Upsample(half) : parts.Decode(half) + parts.Encode(size.Padded)),
            Stage(InpaintStage.Stage2, recipe.Stage2, full),
            (InpaintStage.Sound, 0, 0, parts.Sound(sound)),
            (InpaintStage.Frames, 0, 0, parts.Decode(full)),
        ];
    }
}
