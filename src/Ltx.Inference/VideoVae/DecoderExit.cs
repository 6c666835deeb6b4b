using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>The last activation to patches to pixels.</summary>
internal sealed class DecoderExit(WeightScope scope, VideoVaeConfig config, bool channelsLast) : IVideoLayer
{
    private readonly TimeConv3d conv = new(scope["conv_out"], config.DecoderLastChannels, 3 * config.PatchSize * config.PatchSize, causal: false, channelsLast);

    public int WorkingChannels => conv.WorkingChannels;

    /// <returns>[B, 3, F, H, W], about [-1, 1], contiguous, in the caller's scope</returns>
    public Tensor Forward(Tensor x, ClipPosition at)
    {
        using Tensor patches = conv.Forward(x, at, PixelNorm.VideoSilu);
        return Patches.ToPixels(patches, config.PatchSize);
    }
}
