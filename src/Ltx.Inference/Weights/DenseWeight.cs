using Ltx.Inference.Kernels;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>A weight in the type that is computed in.</summary>
/// <param name="values">[out, in] bfloat16 or float32</param>
internal sealed class DenseWeight(Tensor values) : LinearWeight
{
    public override IReadOnlyList<Tensor> Tensors { get; } = [values.DetachFromDisposeScope()];

    public override LinearWeight Over(IReadOnlyList<Tensor> tensors) => new DenseWeight(tensors[0]) { InHost = InHost };

    public override LinearWeight Of(Tensor values) => new DenseWeight(values.to(Tensors[0].dtype, copy: true));

    public override LinearWeight? Plus(IReadOnlyList<Func<(Tensor Delta, double Factor)>> deltas, Tensor finite) =>
        deltas.Count <= FusedKernels.MostDeltas && FusedKernels.For(values) is { } kernels
            ? new DenseWeight(kernels.Merge(values, [.. deltas.Select(delta => delta())], finite))
            : null;

    public override Tensor Multiply(LinearInput x, Tensor? bias) => Product(x.Values, values, bias);

    /// <summary>
    /// x W^T + b over rows: of a matrix, libtorch adds the bias within the product; of more dimensions in a pass of its own, which also rounds
    /// a second time.
    /// </summary>
    /// <param name="x">[..., in]</param>
    /// <param name="weight">[out, in]</param>
    /// <param name="bias">[out] or null</param>
    /// <returns>[..., out]</returns>
    internal static Tensor Product(Tensor x, Tensor weight, Tensor? bias)
    {
        if (bias is null || x.dim() == 2) return nn.functional.linear(x, weight, bias);
        using var scope = NewDisposeScope();
        // [..., in] -> [M, in] -> [M, out] -> [..., out]
        Tensor rows = nn.functional.linear(x.reshape(-1, x.shape[^1]), weight, bias);
        return rows.view([.. x.shape[..^1], weight.shape[0]]).MoveToOuterDisposeScope();
    }

    public override Tensor ToFloat32() => values.to(ScalarType.Float32, copy: true);
}
