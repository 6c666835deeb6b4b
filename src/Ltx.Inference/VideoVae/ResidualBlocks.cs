using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.VideoVae;

/// <summary>Residual blocks in a row: <c>res_x</c>.</summary>
internal sealed class ResidualBlocks(WeightScope scope, VideoVaeBlock block, bool causal, bool channelsLast) : IVideoLayer
{
    private readonly ResidualBlock[] blocks = [.. Enumerable.Range(0, block.Layers).Select(i => new ResidualBlock(scope["res_blocks"][i], block.InChannels, causal, channelsLast))];

    public int WorkingChannels => block.InChannels;

    public Tensor Forward(Tensor x, ClipPosition at)
    {
        using var scope = NewDisposeScope();
        Tensor h = x;
        foreach (ResidualBlock residual in blocks)
        {
            Tensor next = residual.Forward(h, at);
            if (h != (object)x) h.Dispose();
            h = next;
        }
        return h.MoveToOuterDisposeScope();
    }
}
