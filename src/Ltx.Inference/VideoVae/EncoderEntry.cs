using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>Pixels to patches to the first activation.</summary>
internal sealed class EncoderEntry(WeightScope scope, VideoVaeConfig config, bool channelsLast) : IVideoLayer
{
    private readonly TimeConv3d conv = new(scope["conv_in"], 3 * config.PatchSize * config.PatchSize, config.LatentChannels, causal: true, channelsLast);

    public int WorkingChannels => conv.WorkingChannels;

    /// <param name="x">[B, 3, F, H, W] in [-1, 1]</param>
    public Tensor Forward(Tensor x, ClipPosition at)
    {
        using Tensor patches = Patches.ToChannels(x, config.PatchSize, channelsLast);
        return conv.Forward(patches, at);
    }
}
