using Ltx.Inference.Latents;
using Ltx.Inference.Sampling;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Sampling;

/// <summary>res_2s as the reference's loop has it, written down step by step for streams without conditionings: what the sampler is held against.</summary>
internal static class Res2sLoop
{
    /// <returns>the end, and how many of the steps were refined</returns>
    public static (StreamPair End, int Refined) Run(IReadOnlyList<float> schedule, LatentState video, LatentState audio, IDenoiser denoiser)
    {
        double[] sigmas = [.. schedule.Take(schedule.Count - 1).Select(sigma => (double)sigma), (double)0.0011f];
        using NoiseSource step = new(-1), middle = new(9999);
        Tensor[] x = [video.Latent, audio.Latent];
        int refined = 0;
        for (int i = 0; i < sigmas.Length - 1; i++)
        {
            double sigma = sigmas[i], next = sigmas[i + 1], half = Math.Sqrt(sigma * next), h = Math.Log(sigma / next);
            Res2sCoefficients c = Res2sCoefficients.For(h);
            Tensor[] anchor = [.. x], clean = Evaluate(denoiser, x, sigma);
            Tensor[] at = [.. anchor.Zip(clean, (a, d) => a + h * c.Middle * (d - a))];
            for (int k = 0; k < 2; k++) at[k] = Noised(anchor[k], at[k], sigma, half, middle);
            if (h < 0.5 && sigma > 0.03)
            {
                refined++;
                for (int n = 0; n < 100; n++)
                {
                    for (int k = 0; k < 2; k++) anchor[k] = at[k] - h * c.Middle * (clean[k] - anchor[k]);
                }
            }
            Tensor[] second = Evaluate(denoiser, at, half);
            for (int k = 0; k < 2; k++)
            {
                Tensor end = anchor[k] + h * (c.First * (clean[k] - anchor[k]) + c.Second * (second[k] - anchor[k]));
                x[k] = Noised(anchor[k], end, sigma, next, step);
            }
        }
        Tensor[] last = Evaluate(denoiser, x, sigmas[^1]);
        return (new StreamPair(last[0], last[1]), refined);
    }

    private static Tensor[] Evaluate(IDenoiser denoiser, Tensor[] x, double sigma)
    {
        StreamPair denoised = denoiser.Denoise(new StreamPair(x[0], x[1]), sigma);
        return [denoised.Video, denoised.Audio];
    }

    // Half of the level that is reached is fresh noise.
    private static Tensor Noised(Tensor from, Tensor to, double sigma, double next, NoiseSource noise)
    {
        double up = next / 2, rest = Math.Sqrt(next * next - up * up), signal = 1 - next + rest;
        Tensor epsilon = (from - to) / (sigma - next), clean = from - sigma * epsilon;
        return signal * (clean + rest / signal * epsilon) + up * noise.Normalized(from.shape, CPU);
    }
}
