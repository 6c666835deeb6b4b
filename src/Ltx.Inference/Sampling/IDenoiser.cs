
namespace Ltx.Inference.Sampling;

/// <summary>Predicts what both streams look like without noise.</summary>
public interface IDenoiser
{
    /// <param name="latents">[B, T, C] each, at noise level sigma where their masks want noise</param>
    /// <param name="sigma">noise level</param>
    /// <returns>the prediction, [B, T, C] each, in the type of the latents</returns>
    StreamPair Denoise(StreamPair latents, double sigma);

    /// <summary>The same, and beside it what the negative prompt alone predicts.</summary>
    (StreamPair Guided, StreamPair Negative) DenoiseBoth(StreamPair latents, double sigma);
}
