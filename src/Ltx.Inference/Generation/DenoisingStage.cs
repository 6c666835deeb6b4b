using Ltx.Inference.TextEncoder;
using Ltx.Inference.Latents;
using Ltx.Inference.Lora;
using Ltx.Inference.Sampling;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>The two denoising stages of a run. docs/inpaint-pipeline.md, sections 3 and 4.</summary>
internal sealed class DenoisingStage(
    InpaintModels models, ISampler sampler, NoiseSource noise, InpaintRequest request, PixelShape shape, InpaintOptions options, StageClock clock, Action<string, Tensor>? observe, CancellationToken cancellation)
{
    private readonly LatentShape full = shape.ToLatent(models.VideoScale);

    private LatentShape Half => new(full.Frames, full.Height / 2, full.Width / 2);

    /// <summary>From noise to a clip of half the size, and its sound.</summary>
    /// <param name="sound">the source's encoded sound, to be listened to and kept; null to make one</param>
    public LatentPair First(EncodedClip clip, Tensor? sound, PromptContext positive, PromptContext? negative, LoraSet loras, Action<int> tell)
    {
        using var scope = NewDisposeScope();
        Use(loras, loras.Stage1);
        IReadOnlyList<float> sigmas = SigmaSchedule.Ltx2(request.Steps, Half.Tokens);
        observe?.Invoke("sigmas1", tensor(sigmas.ToArray()));
        Tensor empty = zeros([1, Half.Tokens, models.Transformer.Config.Video.InChannels], models.Type, models.Device);
        ReferenceCondition guide = new(clip.Reference1, loras.ReferenceDownscale, loras.ReferenceTemporalScale, request.VideoStrength);
        LatentState video = Noised(VideoState(empty, Half, Mask(clip.Clean1, clip.Keep1), guide), sigmas[0], "noised1.video");
        LatentState audio = Noised(AudioState(sound, frozen: sound is not null), sigmas[0], "noised1.audio");
        GuidanceParameters? videoGuidance = null, audioGuidance = null;
        if (request.GuidanceScale > 1)
        {
            videoGuidance = new GuidanceParameters(Text: request.GuidanceScale, Rescale: InpaintOptions.VideoRescale);
            audioGuidance = new GuidanceParameters(Text: request.GuidanceScale, Rescale: InpaintOptions.AudioRescale);
        }
        using GuidedDenoiser denoiser = new(models.Transformer, video, audio, positive, negative, videoGuidance, audioGuidance);
        StreamPair end = sampler.Run(sigmas, video, audio, denoiser, tell, cancellation);
        return new LatentPair(
            Patchifier.VideoLatent(end.Video.narrow(1, 0, video.TargetTokens), Half).MoveToOuterDisposeScope(),
            Patchifier.AudioLatent(end.Audio, models.Audio.Config.LatentChannels).MoveToOuterDisposeScope());
    }

    /// <summary>From the enlarged clip, noised again, to the clip.</summary>
    /// <param name="upsampled">[1, C, f, h, w] at full size</param>
    /// <param name="audioLatent">the first stage's sound</param>
    /// <param name="keepSound">whether that is the source's own</param>
    public Tensor Second(EncodedClip clip, Tensor upsampled, Tensor audioLatent, bool keepSound, PromptContext positive, LoraSet loras, Action<int> tell)
    {
        using var scope = NewDisposeScope();
        Use(loras, loras.Stage2);
        IReadOnlyList<float> sigmas = SigmaSchedule.SecondStage;
        ICondition? guide = clip.Reference2 is null ? null : new ReferenceCondition(clip.Reference2, loras.ReferenceDownscale, loras.ReferenceTemporalScale, request.VideoStrength);
        LatentState video = Noised(VideoState(Patchifier.VideoTokens(upsampled).to(models.Type), full, Mask(clip.Clean2, clip.Keep2), guide), sigmas[0], "noised2.video");
        LatentState audio = Noised(AudioState(audioLatent, keepSound), sigmas[0], "noised2.audio");
        using GuidedDenoiser denoiser = new(models.Transformer, video, audio, positive);
        StreamPair end = sampler.Run(sigmas, video, audio, denoiser, tell, cancellation);
        return Patchifier.VideoLatent(end.Video.narrow(1, 0, video.TargetTokens), full).MoveToOuterDisposeScope();
    }

    private void Use(LoraSet loras, IReadOnlyList<LoraUse> stage) => clock.Part(InpaintStages.Loras, () =>
    {
        loras.Merge(models.Merger, stage);
        return true;
    });

    private MaskCondition? Mask(Tensor clean, Tensor keep) => options.LatentMask ? new MaskCondition(clean, keep) : null;

    private LatentState VideoState(Tensor tokens, LatentShape target, params ICondition?[] conditions)
    {
        LatentState state = LatentState.Initial(tokens, TokenPositions.Video(target, models.VideoScale, request.FramesPerSecond, models.Device));
        VideoTarget clip = new(target, models.VideoScale, request.FramesPerSecond);
        foreach (ICondition condition in conditions.OfType<ICondition>()) state = condition.Apply(state, clip);
        return state;
    }

    private LatentState AudioState(Tensor? latent, bool frozen)
    {
        int frames = models.AudioScale.LatentFrames(shape.Frames, request.FramesPerSecond);
        Tensor tokens = latent is null
            ? zeros([1, frames, models.Transformer.Config.Audio.InChannels], models.Type, models.Device)
            : Patchifier.AudioTokens(latent).to(models.Type);
        LatentState state = LatentState.Initial(tokens, TokenPositions.Audio(frames, models.AudioScale, models.Device));
        return frozen ? state.Freeze() : state;
    }

    private LatentState Noised(LatentState state, double scale, string name)
    {
        LatentState noised = state.WithNoise(noise.Normal(state.Latent.shape, models.Device), scale);
        observe?.Invoke(name, noised.Latent);
        return noised;
    }
}
