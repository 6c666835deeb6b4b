using Ltx.Inference.Latents;

namespace Ltx.Training.Preparation;

/// <summary>What is made of a data set's clips.</summary>
/// <param name="Sizes">frames and pixels that clips are brought to; of several, each to the one that fits it best (<see cref="Buckets"/>)</param>
/// <param name="FramesPerSecond">what is wanted; a clip of another rate is trained at its own, and told of, unless time is scaled</param>
internal sealed record PreparationOptions(IReadOnlyList<PixelShape> Sizes, double FramesPerSecond = 24)
{
    /// <summary>
    /// fal's <c>auto_scale_input</c>: every clip, whole, is played faster or slower so that it has the wanted frames at the wanted rate. Otherwise
    /// its first frames are taken as they are.
    /// </summary>
    public bool ScalesTime { get; init; }

    /// <summary>How much less of a reference there is than of its clip.</summary>
    public ReferenceScale Reference { get; init; } = ReferenceScale.One;

    /// <param name="scale">of the VAE</param>
    /// <exception cref="Ltx.Inference.InferenceException">Something cannot be.</exception>
    public void Check(VideoScale scale)
    {
        Reference.Check();
        if (Sizes.Count == 0) throw TrainingSize.Wrong("There is no size that clips could be brought to.");
        foreach (PixelShape size in Sizes) TrainingSize.Check(size, scale, Reference);
        if (FramesPerSecond is > 0 and <= 1000) return;
        throw TrainingSize.Wrong($"{FramesPerSecond} is no frame rate: it must be above 0 and at most 1000.");
    }
}
