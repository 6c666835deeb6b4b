using Ltx.Inference.Latents;
using Ltx.Inference.Sampling;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Sampling;

/// <summary>Predicts a mixture of what it is given and a fixed picture, by noise level: enough for a sampler's arithmetic to show.</summary>
internal sealed class LinearDenoiser(StreamPair picture) : IDenoiser
{
    public List<double> Sigmas { get; } = [];

    public StreamPair Denoise(StreamPair latents, double sigma)
    {
        Sigmas.Add(sigma);
        return new StreamPair(Predict(latents.Video, picture.Video, sigma), Predict(latents.Audio, picture.Audio, sigma));
    }

    public (StreamPair Guided, StreamPair Negative) DenoiseBoth(StreamPair latents, double sigma) =>
        (Denoise(latents, sigma), new StreamPair(PredictNegative(latents.Video, sigma), PredictNegative(latents.Audio, sigma)));

    /// <summary>What the negative prompt predicts.</summary>
    public static Tensor PredictNegative(Tensor latent, double sigma) => latent * (0.5 - 0.4 * sigma) + 0.1;

    /// <summary>The mixture.</summary>
    public static Tensor Predict(Tensor latent, Tensor picture, double sigma) => picture.to(latent.dtype) * (1 - 0.3 * sigma) + latent * 0.2;

    /// <summary>A stream of random tokens without conditionings.</summary>
    public static LatentState Stream(int tokens, int channels, ulong seed, ScalarType type) =>
        LatentState.Initial(randn([1, tokens, channels], type, generator: new Generator(seed)), zeros(1, 1, tokens, 2));
}
