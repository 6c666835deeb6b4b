using BenchmarkDotNet.Attributes;
using Ltx.Inference.Latents;
using Ltx.Inference.Sampling;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>What the sampler does around the model, at the tokens of the first stage of 1920x1088 with its reference.</summary>
public class SamplingBenchmarks
{
    private const int Channels = 128, AudioTokens = 126;

    private static readonly LatentShape Grid = new(16, 17, 30);

    // Short and early enough for the refinement ("bong").
    private static readonly IReadOnlyList<float> OneStep = [0.9f, 0.8f];

    private LatentState video = null!, audio = null!;

    [GlobalSetup]
    public void Setup()
    {
        video = State(Miniature.Random(1, 2 * Grid.Tokens, Channels));
        audio = State(Miniature.Random(1, AudioTokens, Channels));
    }

    [Benchmark(Description = "one res_2s step with refinement, 16320 tokens")]
    public void Step()
    {
        using var scope = NewDisposeScope();
        new Res2sSampler().Run(OneStep, video, audio, new Echo(), null, CancellationToken.None);
    }

    [Benchmark(Description = "sigmas of 15 steps")]
    public object Sigmas() => SigmaSchedule.Ltx2(15, Grid.Tokens);

    private static LatentState State(Tensor tokens) => LatentState.Initial(tokens, zeros(1, 3, tokens.shape[1], 2));

    private sealed class Echo : IDenoiser
    {
        public StreamPair Denoise(StreamPair latents, double sigma) => new(latents.Video.alias(), latents.Audio.alias());

        public (StreamPair Guided, StreamPair Negative) DenoiseBoth(StreamPair latents, double sigma) => (Denoise(latents, sigma), Denoise(latents, sigma));
    }
}
