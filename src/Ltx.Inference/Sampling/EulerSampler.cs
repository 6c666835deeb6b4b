using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Sampling;

/// <summary>One evaluation a step, straight along the velocity. Source: ltx_core/components/diffusion_steps.py (400fd31).</summary>
public sealed class EulerSampler : ISampler
{
    public int Evaluations(int steps) => steps;

    public StreamPair Run(IReadOnlyList<float> sigmas, LatentState video, LatentState audio, IDenoiser denoiser, Action<int>? evaluated, CancellationToken cancellation)
    {
        StreamPair latents = new(video.Latent, audio.Latent);
        for (int step = 0; step < sigmas.Count - 1; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            StreamPair denoised = denoiser.Denoise(latents, sigmas[step]);
            evaluated?.Invoke(step + 1);
            double ratio = sigmas[step + 1] / (double)sigmas[step];
            latents = new StreamPair(Step(latents.Video, video.KeepClean(denoised.Video), ratio), Step(latents.Audio, audio.KeepClean(denoised.Audio), ratio)).MoveToOuterDisposeScope();
        }
        return latents;
    }

    // x + (x - clean) / sigma * (next - sigma) = clean + (x - clean) * next / sigma
    private static Tensor Step(Tensor sample, Tensor clean, double ratio) => lerp(clean.AtLeastFloat32(), sample.AtLeastFloat32(), ratio).to(sample.dtype);
}
