using Ltx.Inference.Latents;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using static TorchSharp.torch;

namespace Ltx.Benchmarks;

/// <summary>The model that comes with the project, and tensors for it.</summary>
internal static class Miniature
{
    // Beside the demo's 25 frames.
    private const int AudioTokens = 26;

    public static ModelFolder Folder { get; } = ModelLocator.Open(ModelLocator.Default);

    public static Checkpoint OpenCheckpoint() => Checkpoint.Open(Folder.Checkpoint);

    /// <summary>A tensor that no dispose scope ends.</summary>
    public static Tensor Random(params long[] shape) => randn(shape).DetachFromDisposeScope();

    /// <summary>Inputs of one pass: half of the video's tokens are clean.</summary>
    public static (StreamInput Video, StreamInput Audio) Inputs(LtxTransformer transformer, LatentShape grid) =>
        Inputs(transformer.Config, grid, AudioTokens, transformer.VideoGeometry, transformer.AudioGeometry, transformer.Device, transformer.Type);

    /// <summary>The same for layers that stand alone.</summary>
    public static (StreamInput Video, StreamInput Audio) Inputs(
        TransformerConfig config, LatentShape grid, int audioTokens, Func<Tensor, TokenGeometry> videoGeometry, Func<Tensor, TokenGeometry> audioGeometry, Device device, ScalarType type)
    {
        const double Sigma = 0.7, FramesPerSecond = 24;
        const int Text = 1024;
        using Tensor positions = TokenPositions.Video(grid, new VideoScale(8, 32, 32), FramesPerSecond, device);
        using Tensor audioPositions = TokenPositions.Audio(audioTokens, new AudioScale(16000, 160, 4), device);
        using Tensor all = arange(grid.Tokens, ScalarType.Int64, device);
        Tensor index = (all % 2).DetachFromDisposeScope();
        Tensor On(params long[] shape) => randn(shape, type, device).DetachFromDisposeScope();
        return (
            new StreamInput(On(1, grid.Tokens, config.Video.InChannels), Sigma, new TokenLevels([0, Sigma], index), videoGeometry(positions), On(1, Text, config.Video.ContextFeatures)),
            new StreamInput(On(1, audioTokens, config.Audio.InChannels), Sigma, TokenLevels.Uniform(Sigma), audioGeometry(audioPositions), On(1, Text, config.Audio.ContextFeatures)));
    }
}
