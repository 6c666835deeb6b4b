using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>A convolution with a stride: the encoder's plain <c>compress_*</c>, which LTX-2.3 does not use.</summary>
internal sealed class StridedConvBlock(WeightScope scope, VideoVaeBlock block, bool channelsLast) : IVideoLayer
{
    private readonly TimeConv3d conv = new(scope, block.InChannels, block.OutChannels, causal: true, channelsLast, block.Stride);

    public int WorkingChannels => conv.WorkingChannels;

    public Tensor Forward(Tensor x, ClipPosition at) => conv.Forward(x, at);
}
