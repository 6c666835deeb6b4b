using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>
/// Halves the size: space-to-depth of a convolution plus space-to-depth of the input, the latter averaged over neighbouring
/// channels until it fits. (ltx_core/model/video_vae/sampling.py, 400fd31)
/// </summary>
internal sealed class SpaceToDepthBlock(WeightScope scope, VideoVaeBlock block, bool channelsLast) : IVideoLayer
{
    private readonly TimeConv3d conv = new(scope["conv"], block.InChannels, block.OutChannels / block.Stride.Count, causal: true, channelsLast);

    public int WorkingChannels => conv.WorkingChannels;

    /// <param name="x">[B, C, F, H, W]; F is odd in the first piece of a clip and even in the others, where time is halved</param>
    /// <returns>[B, C', F', H/h, W/w] in the caller's scope</returns>
    public Tensor Forward(Tensor x, ClipPosition at)
    {
        using var scope = NewDisposeScope();
        // The clip's first frame is doubled before both branches, so that it shares its output frame with nothing else.
        Tensor even = block.Stride.Time == 2 && at.Memory.Begin(this) ? cat([x.narrow(2, 0, 1), x], 2) : x;
        Tensor skip;
        using (Tensor cells = SpaceDepth.ToDepth(even, block.Stride))
        {
            // [B, C*t*h*w, F', H', W'] -> [B, C', group, F', H', W'] -> [B, C', F', H', W']
            skip = cells.reshape(cells.shape[0], block.OutChannels, -1, cells.shape[2], cells.shape[3], cells.shape[4]).mean([2]);
        }
        using Tensor convolved = conv.Forward(even, at);
        return SpaceDepth.ToDepth(convolved, block.Stride).add_(skip).MoveToOuterDisposeScope();
    }
}
