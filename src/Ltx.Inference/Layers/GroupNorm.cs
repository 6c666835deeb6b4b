using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>Normalisation over groups of channels and all positions, with a learned weight and bias.</summary>
internal sealed class GroupNorm(WeightScope scope, long groups, long channels)
{
    // torch.nn.GroupNorm's default.
    private const double Epsilon = 1e-5;

    private readonly Tensor weight = scope.Tensor("weight", TensorRole.Scale, channels);
    private readonly Tensor bias = scope.Tensor("bias", TensorRole.Bias, channels);

    /// <param name="x">[B, C, ...]</param>
    public Tensor Forward(Tensor x) => nn.functional.group_norm(x, groups, weight, bias, Epsilon);
}
