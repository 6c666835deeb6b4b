using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>A convolution over time that keeps the length: zeros on both sides.</summary>
internal sealed class Convolution1d(WeightScope scope, int inChannels, int outChannels, int kernel, int dilation = 1, bool bias = true)
{
    private readonly Tensor weight = scope.Tensor("weight", TensorRole.Weight, outChannels, inChannels, kernel);
    private readonly Tensor? bias = bias ? scope.Tensor("bias", TensorRole.Bias, outChannels) : null;

    /// <param name="x">[B, in, T]</param>
    /// <returns>[B, out, T]</returns>
    internal Tensor Forward(Tensor x) => Convolution.Of(x, weight, bias, [1], [(kernel - 1) * dilation / 2], [dilation]);
}
