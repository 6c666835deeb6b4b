using Ltx.Inference.Latents;
using Ltx.Inference.Lora;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.Sampling;
using Ltx.Inference.TextEncoder;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>One of a run's two denoising stages, as its recipe has it. docs/inpaint-pipeline.md, sections 3 and 5.</summary>
/// <param name="run">the run that it belongs to</param>
/// <param name="number">1 or 2</param>
/// <param name="recipe">of this stage</param>
/// <param name="shape">of the latent</param>
/// <param name="loras">what the transformer is merged with</param>
internal sealed class DenoisingStage(PipelineRun run, int number, RecipeStage recipe, LatentShape shape, IReadOnlyList<LoraUse> loras)
{
    private readonly InpaintModels models = run.Models;
    private readonly InpaintRequest request = run.Request;

    /// <summary>What the transformer is merged with.</summary>
    public IReadOnlyList<LoraUse> Loras => loras;

    /// <summary>Steps that it walks.</summary>
    public int Steps => recipe.Schedule.Steps(request.Parameters.Steps);

    /// <summary>How often its body tells that it went on.</summary>
    public int Evaluations => Sampler.Evaluations(Steps);

    /// <param name="given">what it is shown of the source</param>
    /// <param name="video">[1, C, f, h, w] to begin with; null for nothing but noise</param>
    /// <param name="audio">[1, C, T, F] to begin with, or to be listened to and kept; null for nothing but noise</param>
    /// <param name="contexts">of the prompts</param>
    /// <param name="tell">told how many evaluations are done</param>
    /// <returns>both latents, references left out</returns>
    public LatentPair Denoise(StageConditions given, Tensor? video, Tensor? audio, PromptContexts contexts, Action<int> tell)
    {
        using var scope = NewDisposeScope();
        bool keepSound = run.Planned.KeepsSound;
        run.Clock.Part(RunParts.Loras, () => run.Merge(this));
        IReadOnlyList<float> sigmas = recipe.Schedule.Levels(request.Parameters.Steps, shape.Tokens);
        run.Show(($"sigmas{number}", tensor(sigmas.ToArray())));
        NoiseSource noise = run.NoiseOf(recipe);
        LatentState videoState = Noised(VideoState(given, video), sigmas[0], noise, "video"), audioState = Noised(AudioState(audio, keepSound), sigmas[0], noise, "audio");
        (GuidanceParameters videoGuidance, GuidanceParameters audioGuidance) = recipe.Parameters(request.Parameters.GuidanceScale);
        PromptContext? negative = contexts.Negative;
        if (negative is not null && keepSound && recipe.Guidance is { FrozenSoundStaysPositive: true }) negative = new PromptContext(negative.Video, contexts.Positive.Audio);
        using GuidedDenoiser denoiser = new(models.Transformer, videoState, audioState, contexts.Positive, negative, videoGuidance, audioGuidance);
        StreamPair end = Sampler.Run(sigmas, videoState, audioState, denoiser, tell, run.Cancellation);
        return new LatentPair(
            Patchifier.VideoLatent(end.Video.narrow(1, 0, videoState.TargetTokens), shape).MoveToOuterDisposeScope(),
            Patchifier.AudioLatent(end.Audio, models.Audio.Config.LatentChannels).MoveToOuterDisposeScope());
    }

    private ISampler Sampler => recipe.Sampler.Create(run.SeedOf(recipe));

    private LatentState VideoState(StageConditions given, Tensor? start)
    {
        Tensor tokens = start is null ? zeros([1, shape.Tokens, models.Transformer.Config.Video.InChannels], models.Type, models.Device) : Patchifier.VideoTokens(start).to(models.Type);
        LatentState state = LatentState.Initial(tokens, TokenPositions.Video(shape, models.VideoScale, request.FramesPerSecond, models.Device));
        VideoTarget clip = new(shape, models.VideoScale, request.FramesPerSecond);
        ICondition?[] conditions =
        [
            given.Clean is null ? null : new MaskCondition(given.Clean, given.Keep!),
            given.Reference is null ? null : new ReferenceCondition(given.Reference, run.Loras.ReferenceDownscale, run.Loras.ReferenceTemporalScale, request.Parameters.VideoStrength),
        ];
        foreach (ICondition condition in conditions.OfType<ICondition>()) state = condition.Apply(state, clip);
        return state;
    }

    private LatentState AudioState(Tensor? latent, bool frozen)
    {
        int frames = models.AudioScale.LatentFrames(run.Size.Padded.Frames, request.FramesPerSecond);
        Tensor tokens = latent is null
            ? zeros([1, frames, models.Transformer.Config.Audio.InChannels], models.Type, models.Device)
            : Patchifier.AudioTokens(latent).to(models.Type);
        LatentState state = LatentState.Initial(tokens, TokenPositions.Audio(frames, models.AudioScale, models.Device));
        return frozen ? state.Freeze() : state;
    }

    private LatentState Noised(LatentState state, double scale, NoiseSource noise, string stream)
    {
        LatentState noised = state.WithNoise(noise.Normal(state.Latent.shape, models.Device), scale);
        run.Show(($"noised{number}.{stream}", noised.Latent));
        return noised;
    }
}
