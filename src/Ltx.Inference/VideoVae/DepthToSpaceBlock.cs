using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>Doubles the size: depth-to-space of a convolution. (ltx_core/model/video_vae/sampling.py, 400fd31)</summary>
internal sealed class DepthToSpaceBlock(WeightScope scope, VideoVaeBlock block, bool channelsLast) : IVideoLayer
{
    private readonly TimeConv3d conv = new(scope["conv"], block.InChannels, block.OutChannels * block.Stride.Count, causal: false, channelsLast);

    public int WorkingChannels => conv.WorkingChannels;

    public Tensor Forward(Tensor x, ClipPosition at)
    {
        using var scope = NewDisposeScope();
        long frames;
        Tensor y;
        using (Tensor convolved = conv.Forward(x, at))
        {
            frames = convolved.shape[2];
            y = SpaceDepth.ToSpace(convolved, block.Stride);
        }
        if (block.HasSkip)
        {
            // [B, C, F, H, W] -> [B, C/(t*h*w), F*t, H*h, W*w] -> repeated to [B, C', F*t, H*h, W*w]
            Tensor skip = SpaceDepth.ToSpace(at.Memory.InStep(this, x, frames), block.Stride);
            y.add_(skip.repeat(1, block.OutChannels / skip.shape[1], 1, 1, 1));
        }
        // The first latent frame stands for one frame, not two: the first of the clip is dropped.
        if (block.Stride.Time == 2 && frames > 0 && at.Memory.Begin(this)) y = y.narrow(2, 1, y.shape[2] - 1);
        return y.MoveToOuterDisposeScope();
    }
}
