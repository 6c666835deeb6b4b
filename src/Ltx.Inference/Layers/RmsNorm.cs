using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>Root-mean-square normalisation over the last dimension, with a learned weight.</summary>
public sealed class RmsNorm(WeightScope scope, long features, double epsilon)
{
    private readonly Tensor weight = scope.Tensor("weight", TensorRole.Scale, features);

    /// <summary>[features]</summary>
    internal Tensor Weight => weight;

    internal double Epsilon => epsilon;

    /// <param name="x">[..., features]</param>
    public Tensor Forward(Tensor x)
    {
        using Part part = Part.Of(Part.Norms);
        return Operators.RmsNorm(x, weight, epsilon);
    }

    /// <summary>The same without a weight.</summary>
    public static Tensor Weightless(Tensor x, double epsilon) => Operators.RmsNorm(x, null, epsilon);
}
