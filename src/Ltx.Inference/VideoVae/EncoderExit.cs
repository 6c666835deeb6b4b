using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>The last activation to the normalised means of the latent's distribution.</summary>
internal sealed class EncoderExit(WeightScope scope, VideoVaeConfig config, int channels, ChannelStatistics statistics, bool channelsLast) : IVideoLayer
{
    // One more channel than the latent has: the log-variance that all of them share, which nothing here uses.
    private readonly TimeConv3d conv = new(scope["conv_out"], channels, config.LatentChannels + 1, causal: true, channelsLast);

    public int WorkingChannels => conv.WorkingChannels;

    /// <returns>[B, latent channels, f, h, w], contiguous, in the caller's scope</returns>
    public Tensor Forward(Tensor x, ClipPosition at)
    {
        using var scope = NewDisposeScope();
        Tensor means = conv.Forward(x, at, PixelNorm.VideoSilu).narrow(1, 0, config.LatentChannels);
        return statistics.Normalize(means).contiguous().MoveToOuterDisposeScope();
    }
}
