using Ltx.Inference.Costs;
using Ltx.Inference.Latents;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.TextEncoder;

namespace Ltx.Inference.Measuring;

/// <summary>What a whole request is, stage by stage. A LoRA whose reference is smaller than the clip, and the source's own sound, are not thought of.</summary>
public static class RequestWork
{
    /// <param name="request">the clip and its recipe</param>
    /// <param name="steps">denoising steps that are asked for</param>
    /// <param name="guidance">guidance that is asked for</param>
    public static IReadOnlyList<StageWork> Of(ModelArchitecture model, RequestShape request, int steps, double guidance)
    {
        VideoScale scale = model.VideoVae.Scale;
        Recipe recipe = request.Recipe.For(guidance);
        WorkingSize size = request.Working(scale);
        LatentShape full = size.Padded.ToLatent(scale), half = size.HalfPadded.ToLatent(scale);
        int sound = model.AudioVae.Scale.LatentFrames(size.Padded.Frames, request.FramesPerSecond);
        Operations prompt = new TextCosts(model.Text, CostBasis.Any).Operations;
        Operations encode = Encode(size.Padded), encodeHalf = Encode(size.HalfPadded);

        StageWork Stage(InpaintStage which, RecipeStage stage, LatentShape latent)
        {
            // The reference doubles the tokens.
            int tokens = latent.Tokens * (recipe.Guides(stage) ? 2 : 1), forwards = stage.Forwards(steps, guidance);
            return new StageWork(which, forwards, tokens, forwards * new TransformerCosts(model.Transformer, new TransformerPass(tokens, sound, GemmaTokenizer.PromptLength), CostBasis.Any).Operations);
        }

        Operations Encode(PixelShape clip) => VideoVaeCosts.Encode(model.VideoVae, clip, CostBasis.Any).Operations;
        Operations Decode(LatentShape latent) => VideoVaeCosts.Decode(model.VideoVae, latent, CostBasis.Any).Operations;
        Operations Source(RecipeStage stage, Operations once) => ((stage.LatentMask is null ? 0 : 1) + (recipe.Guides(stage) ? 1 : 0)) * once;
        return
        [
            new StageWork(InpaintStage.Prompt, 0, 0, (recipe.UsesNegativePrompt(guidance) ? 2 : 1) * prompt),
            new StageWork(InpaintStage.Source, 0, 0, Source(recipe.Stage1, encodeHalf) + Source(recipe.Stage2, encode)),
            Stage(InpaintStage.Stage1, recipe.Stage1, half),
            new StageWork(InpaintStage.Upsampling, 0, 0, recipe.Handover.Kind == HandoverKind.Latent ? new UpsamplerCosts(model.Upsampler, half, CostBasis.Any).Operations : Decode(half) + encode),
            Stage(InpaintStage.Stage2, recipe.Stage2, full),
            new StageWork(InpaintStage.Sound, 0, 0, new SoundCosts(model.AudioVae, model.Vocoder, sound).Operations),
            new StageWork(InpaintStage.Frames, 0, 0, Decode(full)),
        ];
    }
}
