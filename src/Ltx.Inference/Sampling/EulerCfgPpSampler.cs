using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Sampling;

/// <summary>
/// CFG++: a step goes to the guided prediction, but along the direction in which the negative prompt's prediction sees the noise; without
/// guidance, too. With <paramref name="Eta"/> above 0 part of the next level is fresh noise, drawn for video first (the ancestral form).
/// The noise levels that are split are those relative to the signal, sigma / (1 - sigma).
/// Source: ltx_core/components/diffusion_steps.py (EulerCfgPpDiffusionStep) and ltx_pipelines/utils/samplers.py (euler_cfg_pp_denoising_loop), 400fd31.
/// </summary>
/// <param name="Eta">share of fresh noise, from 0 to 1</param>
/// <param name="NoiseSeed">of the fresh noise</param>
/// <param name="PerTokenLevels">whether tokens that were noised less step between levels of their own, or between the target's and are pulled back</param>
public sealed record EulerCfgPpSampler(double Eta, long NoiseSeed, bool PerTokenLevels = false) : ISampler
{
    // At level 1 there is no signal left, and everything is divided by it. Source: the same.
    private const double LeastSignal = 1.1920928955078125e-07;

    public int Evaluations(int steps) => steps;

    public StreamPair Run(IReadOnlyList<float> sigmas, LatentState video, LatentState audio, IDenoiser denoiser, Action<int>? evaluated, CancellationToken cancellation)
    {
        using NoiseSource noise = new(NoiseSeed);
        StreamPair latents = new(video.Latent, audio.Latent);
        for (int step = 0; step < sigmas.Count - 1; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            (double sigma, double next) = (sigmas[step], sigmas[step + 1]);
            if (next == 0)
            {
                // The end is the prediction itself: there is no way along which the negative one would count.
                StreamPair last = denoiser.Denoise(latents, sigma);
                latents = new StreamPair(video.KeepClean(last.Video), audio.KeepClean(last.Audio));
            }
            else
            {
                (StreamPair guided, StreamPair negative) = denoiser.DenoiseBoth(latents, sigma);
                latents = new StreamPair(
                    Step(latents.Video, guided.Video, negative.Video, sigma, next, video, noise), Step(latents.Audio, guided.Audio, negative.Audio, sigma, next, audio, noise));
            }
            latents = latents.MoveToOuterDisposeScope();
            evaluated?.Invoke(step + 1);
        }
        return latents;
    }

    private Tensor Step(Tensor sample, Tensor guided, Tensor negative, double sigma, double next, LatentState state, NoiseSource noise)
    {
        using var scope = NewDisposeScope();
        Tensor x = sample.AtLeastFloat32(), clean = state.KeepClean(guided.AtLeastFloat32()), away = negative.AtLeastFloat32();
        Tensor? fresh = Eta > 0 ? noise.Normal(sample.shape, sample.device) : null;
        Tensor moved = PerTokenLevels ? ByToken(x, clean, away, sigma, next, state, fresh) : ByTarget(x, clean, away, sigma, next, fresh);
        // Without fresh noise a token that keeps its content steps onto it, but for rounding.
        if (!PerTokenLevels) moved = fresh is null ? where(state.DenoiseMask > 0, moved, clean) : state.KeepClean(moved);
        return moved.to(sample.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>One step of tokens that all have the target's level.</summary>
    /// <param name="x">[B, T, C] at level sigma</param>
    /// <param name="clean">the guided prediction</param>
    /// <param name="away">the negative prompt's prediction</param>
    /// <param name="fresh">standard normal numbers; null for none</param>
    internal Tensor ByTarget(Tensor x, Tensor clean, Tensor away, double sigma, double next, Tensor? fresh)
    {
        double signal = Math.Max(1 - sigma, LeastSignal), nextSignal = Math.Max(1 - next, LeastSignal);
        (double down, double up) = Split(sigma / signal, next / nextSignal);
        Tensor moved = nextSignal * clean + nextSignal * down / sigma * (x - signal * away);
        return fresh is null ? moved : moved + nextSignal * up * fresh;
    }

    // The same with every token's own levels; those without any keep their content.
    private Tensor ByToken(Tensor x, Tensor clean, Tensor away, double sigma, double next, LatentState state, Tensor? fresh)
    {
        Tensor share = state.DenoiseMask.to(ScalarType.Float64), noised = share > 0, one = ones_like(share), level = where(noised, share * sigma, one), nextLevel = where(noised, share * next, one);
        Tensor signal = (1 - level).clamp_(min: LeastSignal), nextSignal = (1 - nextLevel).clamp_(min: LeastSignal);
        Tensor from = (level / signal).square(), to = (nextLevel / nextSignal).square();
        Tensor up = minimum(Eta * (to * (from - to).clamp(min: 0) / from).sqrt(), to.sqrt()), down = (to - up.square()).clamp_(min: 0).sqrt();
        Tensor F(Tensor coefficient) => coefficient.to(x.dtype);
        Tensor moved = F(nextSignal) * clean + F(nextSignal * down / level) * (x - F(signal) * away);
        if (fresh is not null) moved = moved + F(nextSignal * up) * fresh;
        return where(noised, moved, clean);
    }

    // Of the next level relative to the signal: what is carried on, and what is fresh. Source: the same, _get_ancestral_step.
    private (double Down, double Up) Split(double from, double to)
    {
        double up = Math.Min(Eta * Math.Sqrt(to * to * Math.Max(from * from - to * to, 0) / (from * from)), to);
        return (Math.Sqrt(Math.Max(to * to - up * up, 0)), up);
    }
}
