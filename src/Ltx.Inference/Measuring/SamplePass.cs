using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using static TorchSharp.torch;

namespace Ltx.Inference.Measuring;

/// <summary>What one pass of a transformer takes, of random numbers: on a device without memory, of none.</summary>
internal sealed record SamplePass(StreamInput Video, StreamInput Audio) : IDisposable
{
    // As in a clip of which half is to be made: two noise levels, the lower one of the tokens that are kept.
    private const double Sigma = 0.7;

    /// <param name="positions">[1, 3, T, 2] of the video's tokens</param>
    /// <param name="audioPositions">[1, 1, S, 2] of the sound's</param>
    /// <returns>tensors of the caller's scope, but for the rotary tables</returns>
    public static SamplePass Of(LtxTransformer transformer, Tensor positions, Tensor audioPositions)
    {
        TransformerConfig config = transformer.Config;
        long tokens = positions.shape[2], audioTokens = audioPositions.shape[2];
        Tensor Random(params long[] shape) => randn(shape, transformer.Type, transformer.Device);
        TokenGeometry geometry = transformer.VideoGeometry(positions).DetachFromDisposeScope(), audioGeometry = transformer.AudioGeometry(audioPositions).DetachFromDisposeScope();
        return new SamplePass(
            new StreamInput(
                Random(1, tokens, config.Video.InChannels), Sigma, new TokenLevels([0, Sigma], arange(tokens, ScalarType.Int64, transformer.Device) % 2), geometry,
                Random(1, GemmaTokenizer.PromptLength, config.Video.ContextFeatures)),
            new StreamInput(
                Random(1, audioTokens, config.Audio.InChannels), Sigma, TokenLevels.Uniform(Sigma), audioGeometry, Random(1, GemmaTokenizer.PromptLength, config.Audio.ContextFeatures)));
    }

    /// <summary>Runs it.</summary>
    /// <returns>velocities, of the caller's scope</returns>
    public (Tensor Video, Tensor Audio) Forward(LtxTransformer transformer) => transformer.Forward(Video, Audio, Perturbations.None);

    public void Dispose()
    {
        Video.Geometry.Dispose();
        Audio.Geometry.Dispose();
    }
}
