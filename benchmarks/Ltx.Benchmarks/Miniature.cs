using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>The model that comes with the project, and tensors for it.</summary>
internal static class Miniature
{
    public static ModelFolder Folder { get; } = ModelLocator.Open(ModelLocator.Default);

    public static Checkpoint OpenCheckpoint() => Checkpoint.Open(Folder.Checkpoint);

    /// <summary>A tensor that no dispose scope ends.</summary>
    public static Tensor Random(params long[] shape) => randn(shape).DetachFromDisposeScope();

    /// <summary>Inputs of one pass: half of the video's tokens are clean.</summary>
    public static (StreamInput Video, StreamInput Audio) Inputs(LtxTransformer transformer, Inference.Latents.LatentShape grid)
    {
        const double Sigma = 0.7, FramesPerSecond = 24;
        const int AudioTokens = 26, Text = 1024;
        TransformerConfig config = transformer.Config;
        using Tensor positions = Inference.Latents.TokenPositions.Video(grid, new Inference.Latents.VideoScale(8, 32, 32), FramesPerSecond, transformer.Device);
        using Tensor audioPositions = Inference.Latents.TokenPositions.Audio(AudioTokens, new Inference.Latents.AudioScale(16000, 160, 4), transformer.Device);
        using Tensor all = arange(grid.Tokens, ScalarType.Int64, transformer.Device);
        Tensor index = (all % 2).DetachFromDisposeScope();
        Tensor On(params long[] shape) => randn(shape, transformer.Type, transformer.Device).DetachFromDisposeScope();
        return (
            new StreamInput(On(1, grid.Tokens, config.Video.InChannels), Sigma, new TokenLevels([0, Sigma], index), transformer.VideoGeometry(positions), On(1, Text, config.Video.ContextFeatures)),
            new StreamInput(On(1, AudioTokens, config.Audio.InChannels), Sigma, TokenLevels.Uniform(Sigma), transformer.AudioGeometry(audioPositions), On(1, Text, config.Audio.ContextFeatures)));
    }
}
