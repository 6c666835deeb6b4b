using Ltx.Inference.Latents;

namespace Ltx.Training.Planning;

/// <summary>What a training's memory and time depend on, beside the model.</summary>
/// <param name="Size">of a clip, in frames and pixels</param>
/// <param name="Kind">what is taught</param>
/// <param name="Rank">of the LoRA</param>
/// <param name="ReferenceDownscale">how many times smaller a reference is</param>
/// <param name="ReferenceTemporalScale">how many times fewer frames it has</param>
public sealed record TrainingShape(PixelShape Size, TrainingKind Kind, int Rank = 32, int ReferenceDownscale = 1, int ReferenceTemporalScale = 1)
{
    /// <summary>Of the clip and of its reference.</summary>
    internal int Tokens(VideoScale scale)
    {
        LatentShape clip = Size.ToLatent(scale);
        if (Kind is not (TrainingKind.VideoToVideo or TrainingKind.MaskedVideoToVideo)) return clip.Tokens;
        int frames = (clip.Frames - 1) / ReferenceTemporalScale + 1;
        return clip.Tokens + frames * (clip.Height / ReferenceDownscale) * (clip.Width / ReferenceDownscale);
    }
}
