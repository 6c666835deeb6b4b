using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Upsampler;

/// <summary>silu(norm2(conv2(silu(norm1(conv1(x))))) + x) (ltx_core/model/upsampler/res_block.py, 400fd31)</summary>
internal sealed class UpsamplerBlock(WeightScope scope, int channels, bool channelsLast)
{
    private readonly Conv3d conv1 = new(scope["conv1"], channels, channels, Conv3dKind.ZeroPaddedTime, channelsLast: channelsLast);
    private readonly GroupNorm norm1 = new(scope["norm1"], LatentUpsamplerConfig.NormGroups, channels);
    private readonly Conv3d conv2 = new(scope["conv2"], channels, channels, Conv3dKind.ZeroPaddedTime, channelsLast: channelsLast);
    private readonly GroupNorm norm2 = new(scope["norm2"], LatentUpsamplerConfig.NormGroups, channels);

    /// <param name="x">[B, C, F, H, W]</param>
    /// <returns>the same shape, in the caller's scope</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor h = norm1.Forward(conv1.Forward(x)).silu_();
        h = norm2.Forward(conv2.Forward(h));
        return h.add_(x).silu_().MoveToOuterDisposeScope();
    }
}
