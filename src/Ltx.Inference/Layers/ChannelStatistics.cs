using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// Mean and deviation of every channel of the video latent over the training set. The transformer sees normalised latents; the
/// decoder and the latent upsampler compute on plain ones. (ltx_core/model/video_vae/ops.py, 400fd31)
/// </summary>
public sealed class ChannelStatistics
{
    private readonly Tensor mean;
    private readonly Tensor deviation;

    /// <param name="scope">where <c>mean-of-means</c> and <c>std-of-means</c> [C] are</param>
    /// <param name="channels">C</param>
    public ChannelStatistics(WeightScope scope, long channels)
    {
        mean = scope.Tensor("mean-of-means", TensorRole.Offset, channels);
        deviation = scope.Tensor("std-of-means", TensorRole.Scale, channels);
    }

    /// <param name="latent">[B, C, F, H, W] as the encoder computes it</param>
    /// <returns>the same with mean 0 and deviation 1 over the training set, in the latent's type</returns>
    public Tensor Normalize(Tensor latent)
    {
        using var scope = NewDisposeScope();
        return latent.sub(Of(mean, latent)).div_(Of(deviation, latent)).MoveToOuterDisposeScope();
    }

    /// <param name="latent">[B, C, F, H, W], normalised</param>
    /// <returns>the inverse of <see cref="Normalize"/>, in the latent's type</returns>
    public Tensor Unnormalize(Tensor latent)
    {
        using var scope = NewDisposeScope();
        return latent.mul(Of(deviation, latent)).add_(Of(mean, latent)).MoveToOuterDisposeScope();
    }

    // [C] -> [C, 1, 1, 1]: against [B, C, F, H, W]
    private static Tensor Of(Tensor statistic, Tensor latent) => statistic.to(latent.dtype).reshape(-1, 1, 1, 1);
}
