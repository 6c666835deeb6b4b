using Ltx.Inference.Latents;

namespace Ltx.Inference.Sampling;

/// <summary>Walks both streams from noise to a clean latent.</summary>
public interface ISampler
{
    /// <summary>How often the denoiser is asked in a run over so many steps.</summary>
    int Evaluations(int steps);

    /// <param name="sigmas">noise levels, falling; the last may be 0</param>
    /// <param name="video">the noised video stream</param>
    /// <param name="audio">the noised audio stream</param>
    /// <param name="denoiser">the model</param>
    /// <param name="evaluated">told after every evaluation how many are done</param>
    /// <param name="cancellation">looked at before every evaluation</param>
    /// <returns>the last latents of both streams, references included</returns>
    StreamPair Run(IReadOnlyList<float> sigmas, LatentState video, LatentState audio, IDenoiser denoiser, Action<int>? evaluated, CancellationToken cancellation);
}
