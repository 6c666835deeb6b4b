using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// Two normalised convolutions beside a shortcut.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/resnet.py (ResnetBlock) at 400fd31.
/// </summary>
internal sealed class ResidualBlock(WeightScope scope, int inChannels, int outChannels)
{
    private readonly CausalConvolution first = new(scope["conv1"], inChannels, outChannels, 3);
    private readonly CausalConvolution second = new(scope["conv2"], outChannels, outChannels, 3);
    private readonly CausalConvolution? shortcut = inChannels == outChannels ? null : new(scope["nin_shortcut"], inChannels, outChannels, 1);

    /// <param name="x">[B, in, T, F]</param>
    /// <returns>[B, out, T, F]</returns>
    internal Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor h = first.Forward(PixelNorm.ThenSilu(x));
        h = second.Forward(PixelNorm.ThenSilu(h));
        return h.add_(shortcut?.Forward(x) ?? x).MoveToOuterDisposeScope();
    }
}
