using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>The normalised latent to the first activation.</summary>
internal sealed class DecoderEntry(WeightScope scope, VideoVaeConfig config, ChannelStatistics statistics, bool channelsLast) : IVideoLayer
{
    private readonly TimeConv3d conv = new(scope["conv_in"], config.LatentChannels, config.DecoderFirstChannels, causal: false, channelsLast);

    public int WorkingChannels => conv.WorkingChannels;

    /// <param name="x">[B, latent channels, f, h, w], normalised</param>
    public Tensor Forward(Tensor x, ClipPosition at)
    {
        using var scope = NewDisposeScope();
        Tensor latent = statistics.Unnormalize(x);
        return conv.Forward(channelsLast ? ChannelsLast.Of(latent) : latent, at).MoveToOuterDisposeScope();
    }
}
