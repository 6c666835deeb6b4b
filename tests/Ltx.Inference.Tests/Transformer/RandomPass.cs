using Ltx.Inference.Latents;
using Ltx.Inference.Transformer;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Transformer;

/// <summary>The same small random input for every form of a transformer.</summary>
internal static class RandomPass
{
    private const int AudioTokens = 6;

    /// <summary>Both velocities in one row, float32.</summary>
    public static Tensor Run(LtxTransformer transformer)
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(11);
        TransformerConfig config = transformer.Config;
        Tensor Random(params long[] shape) => randn(shape, generator: generator).to(transformer.Type);
        LatentShape shape = new(3, 4, 4);
        Tensor positions = TokenPositions.Video(shape, new VideoScale(8, 32, 32), 24, CPU);
        StreamInput video = new(
            Random(1, shape.Tokens, config.Video.InChannels), 0.7, TokenLevels.Uniform(0.7), transformer.VideoGeometry(positions), Random(1, 16, config.Video.ContextFeatures));
        StreamInput audio = new(
            Random(1, AudioTokens, config.Audio.InChannels), 0.7, TokenLevels.Uniform(0.7), transformer.AudioGeometry(TokenPositions.Audio(AudioTokens, new AudioScale(16000, 160, 4), CPU)),
            Random(1, 16, config.Audio.ContextFeatures));
        (Tensor v, Tensor a) = transformer.Forward(video, audio, Perturbations.None);
        return cat([v.flatten(), a.flatten()]).to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>||a - b|| / ||b||</summary>
    public static double Error(Tensor actual, Tensor exact)
    {
        using var scope = NewDisposeScope();
        return ((actual - exact).norm() / exact.norm()).item<float>();
    }
}
