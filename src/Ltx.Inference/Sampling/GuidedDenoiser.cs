using Ltx.Inference.TextEncoder;
using Ltx.Inference.Latents;
using Ltx.Inference.Transformer;
using static TorchSharp.torch;

namespace Ltx.Inference.Sampling;

/// <summary>
/// The transformer as a denoiser: one pass, and those that guidance asks for. Everything that stays the same for a stage (rotary tables,
/// which tokens share a noise level) is made once. Source: ltx_pipelines/utils/denoisers.py (400fd31).
/// </summary>
public sealed class GuidedDenoiser : IDenoiser, IDisposable
{
    private readonly LtxTransformer transformer;
    private readonly LatentState video, audio;
    private readonly PromptContext positive;
    private readonly PromptContext? negative;
    private readonly GuidanceParameters videoGuidance, audioGuidance;
    private readonly TokenGeometry videoGeometry, audioGeometry;
    private readonly TokenLevels videoLevels, audioLevels;

    /// <param name="video">the video stream of the stage: masks, positions and attention are taken from it</param>
    /// <param name="audio">the audio stream</param>
    /// <param name="negative">needed where guidance uses it</param>
    public GuidedDenoiser(
        LtxTransformer transformer, LatentState video, LatentState audio, PromptContext positive, PromptContext? negative = null,
        GuidanceParameters? videoGuidance = null, GuidanceParameters? audioGuidance = null)
    {
        (this.transformer, this.video, this.audio, this.positive, this.negative) = (transformer, video, audio, positive, negative);
        this.videoGuidance = videoGuidance ?? GuidanceParameters.None;
        this.audioGuidance = audioGuidance ?? GuidanceParameters.None;
        if (negative is null && UsesNegativePrompt) throw new ArgumentException("Guidance above 1 needs the context of a negative prompt.", nameof(negative));
        using var scope = NewDisposeScope();
        videoGeometry = transformer.VideoGeometry(video.Positions).DetachFromDisposeScope();
        audioGeometry = transformer.AudioGeometry(audio.Positions).DetachFromDisposeScope();
        videoLevels = TokenLevels.Of(video.DenoiseMask).DetachFromDisposeScope();
        audioLevels = TokenLevels.Of(audio.DenoiseMask).DetachFromDisposeScope();
    }

    private bool UsesNegativePrompt => videoGuidance.UsesNegativePrompt || audioGuidance.UsesNegativePrompt;

    /// <summary>Passes through the transformer an evaluation takes.</summary>
    public int PassesPerEvaluation => 1 + (UsesNegativePrompt ? 1 : 0) + (UsesPerturbed ? 1 : 0) + (UsesModality ? 1 : 0);

    private bool UsesPerturbed => videoGuidance.UsesPerturbed || audioGuidance.UsesPerturbed;

    private bool UsesModality => videoGuidance.UsesModality || audioGuidance.UsesModality;

    public StreamPair Denoise(StreamPair latents, double sigma)
    {
        using var scope = NewDisposeScope();
        return Guided(latents, sigma, UsesNegativePrompt ? Pass(latents, sigma, negative!, Perturbations.None) : null).MoveToOuterDisposeScope();
    }

    public (StreamPair Guided, StreamPair Negative) DenoiseBoth(StreamPair latents, double sigma)
    {
        if (negative is null) throw new InvalidOperationException("There is no context of a negative prompt.");
        using var scope = NewDisposeScope();
        StreamPair away = Pass(latents, sigma, negative, Perturbations.None);
        return (Guided(latents, sigma, away).MoveToOuterDisposeScope(), away.MoveToOuterDisposeScope());
    }

    // without: what the negative prompt predicts, where that is known
    private StreamPair Guided(StreamPair latents, double sigma, StreamPair? without)
    {
        using var scope = NewDisposeScope();
        StreamPair plain = Pass(latents, sigma, positive, Perturbations.None);
        if (PassesPerEvaluation == 1) return plain.MoveToOuterDisposeScope();
        StreamPair? perturbed = UsesPerturbed ? Pass(latents, sigma, positive, LeftOut()) : null;
        StreamPair? isolated = UsesModality ? Pass(latents, sigma, positive, Perturbations.None with { CrossAttention = true }) : null;
        return new StreamPair(
            Guidance.Combine(videoGuidance, plain.Video, without?.Video, perturbed?.Video, isolated?.Video),
            Guidance.Combine(audioGuidance, plain.Audio, without?.Audio, perturbed?.Audio, isolated?.Audio)).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        videoGeometry.Dispose();
        audioGeometry.Dispose();
        videoLevels.Index?.Dispose();
        audioLevels.Index?.Dispose();
    }

    private StreamPair Pass(StreamPair latents, double sigma, PromptContext context, Perturbations perturbations)
    {
        using var scope = NewDisposeScope();
        StreamInput videoInput = Input(latents.Video, sigma, video, videoLevels, videoGeometry, context.Video);
        StreamInput audioInput = Input(latents.Audio, sigma, audio, audioLevels, audioGeometry, context.Audio);
        (Tensor videoVelocity, Tensor audioVelocity) = transformer.Forward(videoInput, audioInput, perturbations);
        return new StreamPair(
            Velocity.ToDenoised(latents.Video, videoVelocity, video.DenoiseMask * videoInput.Sigma),
            Velocity.ToDenoised(latents.Audio, audioVelocity, audio.DenoiseMask * audioInput.Sigma)).MoveToOuterDisposeScope();
    }

    private static StreamInput Input(Tensor latent, double sigma, LatentState state, TokenLevels shares, TokenGeometry geometry, Tensor context)
    {
        double level = state.Frozen ? 0 : sigma;
        return new StreamInput(latent, level, shares.Times(level), geometry, context, state.Groups);
    }

    private Perturbations LeftOut() => new(
        Blocks(videoGuidance), Blocks(audioGuidance), CrossAttention: false);

    private static HashSet<int> Blocks(GuidanceParameters guidance) => guidance.UsesPerturbed ? [.. guidance.PerturbedBlocks ?? []] : [];
}
