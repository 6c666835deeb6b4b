using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// Mean and deviation of every channel and band over the training data; the file numbers them c * bands + f.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/ops.py (PerChannelStatistics) at 400fd31.
/// </summary>
internal sealed class LatentStatistics(WeightScope scope, int channels, int bands)
{
    private readonly Tensor mean = scope.Tensor("mean-of-means", TensorRole.Offset, channels * bands), deviation = scope.Tensor("std-of-means", TensorRole.Scale, channels * bands);

    /// <param name="latent">[B, C, T, F] of the encoder</param>
    /// <returns>[B, C, T, F] of mean 0 and deviation 1</returns>
    internal Tensor Normalise(Tensor latent)
    {
        using var scope = NewDisposeScope();
        return (latent - PerBand(mean)).div_(PerBand(deviation)).MoveToOuterDisposeScope();
    }

    /// <summary>The way back.</summary>
    internal Tensor Denormalise(Tensor latent)
    {
        using var scope = NewDisposeScope();
        return (latent * PerBand(deviation)).add_(PerBand(mean)).MoveToOuterDisposeScope();
    }

    // [C*F] -> [C, 1, F]: the same for every frame
    private Tensor PerBand(Tensor statistic) => statistic.reshape(channels, 1, bands);
}
