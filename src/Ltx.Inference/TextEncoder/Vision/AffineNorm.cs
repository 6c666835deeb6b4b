using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder.Vision;

/// <summary>Layer normalisation with weight and bias.</summary>
internal sealed class AffineNorm(WeightScope scope, long features, double epsilon)
{
    private readonly Tensor weight = scope.Tensor("weight", TensorRole.Scale, features), bias = scope.Tensor("bias", TensorRole.Bias, features);

    /// <param name="x">[..., features]</param>
    public Tensor Forward(Tensor x) => nn.functional.layer_norm(x, [features], weight, bias, epsilon);
}
