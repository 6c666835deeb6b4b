using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>A weight in the type that is computed in.</summary>
/// <param name="values">[out, in] bfloat16 or float32</param>
internal sealed class DenseWeight(Tensor values) : LinearWeight
{
    public override IReadOnlyList<Tensor> Tensors { get; } = [values.DetachFromDisposeScope()];

    public override LinearWeight Over(IReadOnlyList<Tensor> tensors) => new DenseWeight(tensors[0]) { InHost = InHost };

    public override LinearWeight Of(Tensor values) => new DenseWeight(values.to(Tensors[0].dtype, copy: true));

    public override Tensor Multiply(Tensor x, Tensor? bias) => nn.functional.linear(x, values, bias);

    public override Tensor ToFloat32() => values.to(ScalarType.Float32, copy: true);
}
