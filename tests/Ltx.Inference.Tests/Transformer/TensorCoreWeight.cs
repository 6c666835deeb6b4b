using Ltx.Inference.Kernels;
using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Transformer;

/// <summary>A float8 weight that multiplies as a GPU's tensor cores do, with activations rounded row by row; their sums are those of float32.</summary>
internal sealed class TensorCoreWeight(Tensor values, Tensor scale) : LinearWeight
{
    public override IReadOnlyList<Tensor> Tensors { get; } = [values, scale];

    public override LinearWeight Over(IReadOnlyList<Tensor> tensors) => new TensorCoreWeight(tensors[0], tensors[1]);

    public override LinearWeight Of(Tensor weight) => throw new NotSupportedException();

    public override Tensor ToFloat32() => values.to(ScalarType.Float32).mul_(scale);

    public override Tensor Multiply(LinearInput x, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        (Tensor rows, Tensor rowScales) = FusedKernels.Of(x.Type, scale) is { } kernels ? x.Rounded(kernels) : Float8.QuantizeRows(x.Values.reshape(-1, x.Shape[^1]));
        Tensor product = nn.functional.linear(rows.to(ScalarType.Float32).mul_(rowScales), ToFloat32(), bias?.to(ScalarType.Float32));
        return product.to(x.Type).view([.. x.Shape[..^1], values.shape[0]]).MoveToOuterDisposeScope();
    }

    /// <summary>Takes the place of every float8 weight.</summary>
    public static void PlaceIn(IEnumerable<LinearSlot> linears)
    {
        foreach (LinearSlot linear in linears.Where(linear => linear.Weight is Float8Weight)) linear.Place(Of(linear.Weight));
    }

    /// <summary>The same, and of every one that LoRAs are merged into later.</summary>
    public static void KeepIn(IEnumerable<LinearSlot> linears)
    {
        PlaceIn(linears);
        foreach (LinearSlot linear in linears)
        {
            linear.Keeper = weight =>
            {
                if (weight is not Float8Weight) return weight;
                TensorCoreWeight kept = Of(weight);
                weight.Dispose();
                return kept;
            };
        }
    }

    private static TensorCoreWeight Of(LinearWeight weight) =>
        new(weight.Tensors[0].alias().DetachFromDisposeScope(), weight.Tensors[1].clone().DetachFromDisposeScope());
}
