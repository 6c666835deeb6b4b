using Ltx.Inference.Layers;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>
/// Gemma's root-mean-square normalisation: multiplied by 1 + weight, and all of it in float32 (Gemma3RMSNorm of huggingface/transformers).
/// </summary>
internal sealed class GemmaNorm
{
    private readonly double epsilon;
    private Tensor? scale;

    public GemmaNorm(WeightScope scope, long features, double epsilon)
    {
        this.epsilon = epsilon;
        Tensor weight = scope.TensorOf(ScalarType.Float32, "weight", TensorRole.Offset, features);
        scope.Component.WhenRead(() => scale = scope.Component.Own(weight + 1));
    }

    /// <param name="x">[..., features]</param>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return (RmsNorm.Weightless(x.AtLeastFloat32(), epsilon) * scale!).to(x.dtype).MoveToOuterDisposeScope();
    }
}
