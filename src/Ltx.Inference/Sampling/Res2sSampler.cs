using Ltx.Inference.Latents;
using static TorchSharp.torch;

namespace Ltx.Inference.Sampling;

/// <summary>
/// res_2s: two evaluations a step, each followed by fresh noise, and a last one that takes the rest of the noise away.
/// States between evaluations are float64. Source: ltx_pipelines/utils/samplers.py, res2s_audio_video_denoising_loop (400fd31).
/// </summary>
/// <param name="Eta">share of the next noise level that is fresh noise</param>
/// <param name="StepSeed">of the noise after whole steps</param>
/// <param name="MiddleSeed">of the noise after half steps</param>
/// <param name="Refine">whether the start of a short step is moved so that it fits its noised middle ("bong" iteration)</param>
/// <param name="PerTokenLevels">whether fresh noise follows the level of each token, or the target's, after which tokens that were noised less are pulled back (the reference's legacy_mode)</param>
public sealed record Res2sSampler(double Eta = 0.5, long StepSeed = -1, long MiddleSeed = 9999, bool Refine = true, bool PerTokenLevels = false) : ISampler
{
    // Where a schedule ends at 0, the steps end here instead and the last evaluation does the rest: the step size is a logarithm.
    private const float LastSigma = 0.0011f;

    // Noise after a half step does not follow Eta.
    private const double MiddleEta = 0.5;

    // The refinement is for short steps away from the end, and is this often repeated.
    private const double LongestRefinedStep = 0.5, LowestRefinedSigma = 0.03;
    private const int Refinements = 100;

    // Not quite all of a level may be fresh: the rest would be the root of a negative number.
    private const double LargestShare = 0.9999;

    public int Evaluations(int steps) => 2 * steps + 1;

    public StreamPair Run(IReadOnlyList<float> sigmas, LatentState video, LatentState audio, IDenoiser denoiser, Action<int>? evaluated, CancellationToken cancellation)
    {
        int steps = sigmas.Count - 1, done = 0;
        bool endsClean = sigmas[^1] == 0;
        double[] levels = [.. sigmas.Select((sigma, i) => i == steps && endsClean ? LastSigma : sigma)];
        StreamPair Evaluate(StreamPair at, double sigma)
        {
            cancellation.ThrowIfCancellationRequested();
            StreamPair denoised = denoiser.Denoise(at, sigma);
            StreamPair kept = new(video.KeepClean(denoised.Video), audio.KeepClean(denoised.Audio));
            evaluated?.Invoke(++done);
            return kept;
        }

        using NoiseSource stepNoise = new(StepSeed), middleNoise = new(MiddleSeed);
        StreamPair latents = new(video.Latent, audio.Latent);
        for (int step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            double sigma = levels[step], next = levels[step + 1], middle = Math.Sqrt(sigma * next), h = -Math.Log(next / sigma);
            Res2sCoefficients weights = Res2sCoefficients.For(h);

            // 1. From the start to the middle, and fresh noise there.
            StreamPair start = Wide(latents);
            StreamPair first = Wide(Evaluate(latents, sigma));
            StreamPair half = Combine(start, first, (x, clean) => x + h * weights.Middle * (clean - x));
            half = AddNoise(start, half, sigma, middle, MiddleEta, middleNoise, video, audio);
            if (Refine && h < LongestRefinedStep && sigma > LowestRefinedSigma) start = Refined(start, half, first, h * weights.Middle);

            // 2. From the middle's prediction to the end, and fresh noise there.
            StreamPair second = Wide(Evaluate(half.Map(x => x.to(latents.Video.dtype)), middle));
            StreamPair end = new(
                Whole(start.Video, first.Video, second.Video, h, weights), Whole(start.Audio, first.Audio, second.Audio, h, weights));
            end = AddNoise(start, end, sigma, next, Eta, stepNoise, video, audio);
            latents = end.Map(x => x.to(latents.Video.dtype)).MoveToOuterDisposeScope();
        }
        return endsClean ? Evaluate(latents, levels[steps]) : latents;
    }

    private static StreamPair Wide(StreamPair pair) => pair.Map(x => x.to(ScalarType.Float64));

    private static StreamPair Combine(StreamPair a, StreamPair b, Func<Tensor, Tensor, Tensor> combine) => new(combine(a.Video, b.Video), combine(a.Audio, b.Audio));

    private static Tensor Whole(Tensor start, Tensor first, Tensor second, double h, Res2sCoefficients weights) =>
        start + h * (weights.First * (first - start) + weights.Second * (second - start));

    // Repeating start <- half - c (clean - start) is a geometric series: its n-th member is here at once.
    private static StreamPair Refined(StreamPair start, StreamPair half, StreamPair clean, double c)
    {
        double remains = Math.Pow(c, Refinements), sum = (1 - remains) / (1 - c);
        return new StreamPair(
            (half.Video - c * clean.Video) * sum + remains * start.Video, (half.Audio - c * clean.Audio) * sum + remains * start.Audio);
    }

    private StreamPair AddNoise(StreamPair from, StreamPair to, double sigma, double next, double eta, NoiseSource noise, LatentState video, LatentState audio)
    {
        Tensor Add(Tensor before, Tensor after, LatentState state) => PerTokenLevels
            ? WithFreshNoise(before, after, sigma, next, eta, noise, state.DenoiseMask)
            : state.KeepClean(WithFreshNoise(before, after, sigma, next, eta, noise));

        return new StreamPair(Add(from.Video, to.Video, video), Add(from.Audio, to.Audio, audio));
    }

    /// <summary>
    /// Ends a step a little lower than asked and fills up with fresh noise, so that the noise level is the one asked for.
    /// Source: ltx_core/components/diffusion_steps.py, Res2sDiffusionStep (400fd31).
    /// </summary>
    private static Tensor WithFreshNoise(Tensor from, Tensor to, double sigma, double next, double eta, NoiseSource noise)
    {
        using var scope = NewDisposeScope();
        Tensor fresh = noise.Normalized(from.shape, from.device);
        double up = next * Math.Min(eta, LargestShare), rest = Math.Sqrt(Math.Max(next * next - up * up, 0));
        double signal = 1 - next + rest, down = rest / signal;
        if (up == 0) return to.alias().MoveToOuterDisposeScope();
        Tensor slope = (from - to) / (sigma - next), clean = from - sigma * slope;
        return (signal * (clean + down * slope) + up * fresh).MoveToOuterDisposeScope();
    }

    // The same with a level for every token, of which those without any keep their content.
    private static Tensor WithFreshNoise(Tensor from, Tensor to, double sigma, double next, double eta, NoiseSource noise, Tensor shares)
    {
        using var scope = NewDisposeScope();
        Tensor fresh = noise.Normalized(from.shape, from.device);
        Tensor share = shares.to(ScalarType.Float64), noised = share > 0, level = where(noised, share * sigma, ones_like(share)), nextLevel = share * next;
        Tensor up = nextLevel * Math.Min(eta, LargestShare), rest = (nextLevel.square() - up.square()).clamp_(min: 0).sqrt();
        Tensor signal = 1 - nextLevel + rest, slope = (from - to) / (level - nextLevel), clean = from - level * slope;
        return where(noised, signal * clean + rest * slope + up * fresh, to).MoveToOuterDisposeScope();
    }
}
