using Ltx.Inference.Generation;
using Ltx.Inference.Latents;
using Ltx.Inference.Sampling;
using Ltx.Inference.TextEncoder;

namespace Ltx.Inference.Measuring;

/// <summary>What a whole request is, stage by stage. A LoRA whose reference is smaller than the clip, and the source's own sound, are not thought of.</summary>
public static class RequestWork
{
    /// <param name="frames">of the clip, in pixels as the request has them</param>
    /// <param name="steps">denoising steps</param>
    /// <param name="guided">whether every evaluation of the first stage is two forwards</param>
    public static IReadOnlyList<StageWork> Of(ModelArchitecture model, int frames, int height, int width, double framesPerSecond, int steps, bool guided, InpaintOptions options)
    {
        const int Text = GemmaTokenizer.PromptLength;
        VideoScale scale = model.VideoVae.Scale;
        PixelShape clip = ClipTensors.PaddedShape(frames, height, width, scale, 1, 1), halfClip = clip with { Height = clip.Height / 2, Width = clip.Width / 2 };
        LatentShape full = clip.ToLatent(scale), half = halfClip.ToLatent(scale);
        int sound = model.AudioVae.Scale.LatentFrames(clip.Frames, framesPerSecond);
        Res2sSampler sampler = new();
        int first = sampler.Evaluations(steps) * (guided ? 2 : 1), second = sampler.Evaluations(SigmaSchedule.SecondStage.Count - 1);
        // The reference doubles the tokens.
        int firstTokens = 2 * half.Tokens, secondTokens = full.Tokens * (options.ReferenceInStage2 ? 2 : 1);
        Operations prompt = TextWork.Encode(model.Gemma, model.VideoConnector, model.AudioConnector, model.Transformer, Text);
        Operations encode = VideoVaeWork.Encode(model.VideoVae, clip), encodeHalf = VideoVaeWork.Encode(model.VideoVae, halfClip);
        return
        [
            new StageWork(InpaintStages.Prompt, 0, 0, (guided ? 2 : 1) * prompt),
            // The clip, half of it, and the guide.
            new StageWork(InpaintStages.Source, 0, 0, encode + 2 * encodeHalf + (options.ReferenceInStage2 ? encode : default)),
            new StageWork(InpaintStages.Stage1, first, firstTokens, first * TransformerWork.Forward(model.Transformer, firstTokens, sound, Text)),
            new StageWork(InpaintStages.Upsampling, 0, 0, UpsamplerWork.Upsample(model.Upsampler, half)),
            new StageWork(InpaintStages.Stage2, second, secondTokens, second * TransformerWork.Forward(model.Transformer, secondTokens, sound, Text)),
            new StageWork(InpaintStages.Sound, 0, 0, SoundWork.Decode(model.AudioVae, model.Vocoder, sound)),
            new StageWork(InpaintStages.Frames, 0, 0, VideoVaeWork.Decode(model.VideoVae, full)),
        ];
    }
}
