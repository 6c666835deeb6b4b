using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// A square convolution that sees no later time: all zeros of the time axis stand in front, those of the frequency axis on both sides.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/causal_conv_2d.py (CausalConv2d, axis "height") at 400fd31.
/// </summary>
internal sealed class CausalConvolution(WeightScope scope, int inChannels, int outChannels, int kernel)
{
    private readonly Tensor weight = scope["conv"].Tensor("weight", TensorRole.Weight, outChannels, inChannels, kernel, kernel);
    private readonly Tensor bias = scope["conv"].Tensor("bias", TensorRole.Bias, outChannels);

    /// <param name="x">[B, in, T, F]</param>
    /// <returns>[B, out, T, F]</returns>
    internal Tensor Forward(Tensor x)
    {
        if (kernel == 1) return Convolution.Of(x, weight, bias, [1, 1]);
        using var scope = NewDisposeScope();
        // last axis first: frequency before and after, time before and after
        Tensor padded = nn.functional.pad(x, [kernel / 2, kernel / 2, kernel - 1, 0]);
        return Convolution.Of(padded, weight, bias, [1, 1]).MoveToOuterDisposeScope();
    }
}
