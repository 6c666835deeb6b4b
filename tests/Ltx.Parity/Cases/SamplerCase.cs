using Ltx.Inference.Latents;
using Ltx.Inference.Sampling;
using Ltx.Inference.Transformer;
using static TorchSharp.torch;

namespace Ltx.Parity.Cases;

/// <summary>Whole runs of both samplers, and the noise that res_2s draws.</summary>
internal sealed class SamplerCase : IParityCase
{
    public bool Handles(string name) => name == "sampler";

    public void Run(GoldenCase golden, ParityContext context, ParityReport report)
    {
        using LtxTransformer transformer = new(context.Checkpoint, context.Device, context.Type);
        LatentState video = SamplingInputs.Stream(golden, "video", context), audio = SamplingInputs.Stream(golden, "audio", context);
        using GuidedDenoiser denoiser = new(transformer, video, audio, SamplingInputs.Context(golden, "context", context));
        float[] sigmas = golden.Tensor("in.sigmas").data<float>().ToArray();
        Res2sSampler res2s = new(StepSeed: golden.Value<long>("noise_seed"), MiddleSeed: golden.Value<long>("noise_seed_substep"));
        CompareNoise(golden, res2s, video, audio, report);
        foreach ((string name, ISampler sampler) in new (string, ISampler)[] { ("res2s", res2s), ("euler", new EulerSampler()) })
        {
            StreamPair end = sampler.Run(sigmas, video, audio, denoiser, null, CancellationToken.None);
            report.Compare($"out.{name}.video", end.Video, golden.Tensor($"out.{name}.video"), CaseTolerance.Pipeline);
            report.Compare($"out.{name}.audio", end.Audio, golden.Tensor($"out.{name}.audio"), CaseTolerance.Pipeline);
        }
    }

    // Per step: after the half step video and audio, after the whole step video and audio.
    private static void CompareNoise(GoldenCase golden, Res2sSampler sampler, LatentState video, LatentState audio, ParityReport report)
    {
        using NoiseSource middle = new(sampler.MiddleSeed), step = new(sampler.StepSeed);
        int i = 0;
        foreach (string name in golden.Names("in.noise."))
        {
            NoiseSource source = i % 4 < 2 ? middle : step;
            LatentState state = i % 2 == 0 ? video : audio;
            report.Compare(name, source.Normalized(state.Latent.shape, CPU), golden.Tensor(name), CaseTolerance.Numbers);
            i++;
        }
    }
}
