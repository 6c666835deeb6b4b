using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>
/// x + conv2(silu(norm(conv1(silu(norm(x)))))), with weightless norms over the channels
/// (ltx_core/model/video_vae/resnet.py, 400fd31)
/// </summary>
internal sealed class ResidualBlock(WeightScope scope, int channels, bool causal, bool channelsLast)
{
    private readonly TimeConv3d conv1 = new(scope["conv1"], channels, channels, causal, channelsLast);
    private readonly TimeConv3d conv2 = new(scope["conv2"], channels, channels, causal, channelsLast);

    /// <param name="x">[B, C, F, H, W]</param>
    /// <returns>[B, C, F', H, W] in the caller's scope</returns>
    public Tensor Forward(Tensor x, ClipPosition at)
    {
        using var scope = NewDisposeScope();
        Tensor h;
        using (Tensor first = conv1.Forward(x, at, PixelNorm.VideoSilu))
        {
            h = conv2.Forward(first, at, PixelNorm.VideoSilu);
        }
        return h.add_(at.Memory.InStep(this, x, h.shape[2])).MoveToOuterDisposeScope();
    }
}
