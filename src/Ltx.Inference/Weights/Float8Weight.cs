using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// A weight in float8_e4m3fn with a scale: value * scale is the weight. On a GPU that multiplies float8, activations are rounded to
/// float8 too, each row by its own scale. (Official checkpoints bring one <c>input_scale</c> a layer, measured once for all inputs. It is not
/// used: a row's own scale costs one pass over the activations, which is small beside the product, and neither clips a token that is
/// larger than those that were measured nor wastes the few bits of one that is smaller.) Elsewhere the product is the exact one of the
/// weight's values.
/// </summary>
internal sealed class Float8Weight : LinearWeight
{
    // The tensor cores take sixteen at once.
    private const long Granularity = 16;

    // From this compute capability on (Ada, Hopper) there are float8 tensor cores.
    private const int LeastCapability = 89;

    private readonly Tensor values, scale;
    private readonly bool multipliesFloat8;

    /// <param name="values">[out, in] float8_e4m3fn</param>
    /// <param name="scale">[out, 1] float32: one a row in any case, for that is what the product takes beside activations with one a row</param>
    public Float8Weight(Tensor values, Tensor scale)
    {
        this.values = values.DetachFromDisposeScope();
        this.scale = scale.DetachFromDisposeScope();
        Tensors = [values, scale];
        multipliesFloat8 = values.device.type == DeviceType.CUDA && values.shape.All(size => size % Granularity == 0) && CudaRuntime.Capability(values.device.index) >= LeastCapability;
    }

    public override IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Rounds a weight, one scale a row.</summary>
    /// <param name="weight">[out, in] float32</param>
    public static Float8Weight Rounded(Tensor weight)
    {
        (Tensor values, Tensor scale) = Float8.QuantizeRows(weight);
        return new Float8Weight(values, scale);
    }

    public override LinearWeight Over(IReadOnlyList<Tensor> tensors) => new Float8Weight(tensors[0], tensors[1]) { InHost = InHost };

    public override LinearWeight Of(Tensor values) => Rounded(values);

    public override Tensor Multiply(Tensor x, Tensor? bias) =>
        multipliesFloat8 && x.dtype == ScalarType.BFloat16 ? MultiplyRounded(x, values, scale, bias) : MultiplyExactly(x, bias);

    public override Tensor ToFloat32()
    {
        using var scope = NewDisposeScope();
        return values.to(ScalarType.Float32).mul_(scale).MoveToOuterDisposeScope();
    }

    /// <summary>The product as float8 tensor cores compute it.</summary>
    /// <param name="x">[..., in] bfloat16</param>
    /// <param name="values">[out, in] float8_e4m3fn</param>
    /// <param name="scale">[out, 1]</param>
    /// <param name="bias">[out] or null</param>
    internal static Tensor MultiplyRounded(Tensor x, Tensor values, Tensor scale, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        // [..., in] -> [M, in] -> [M, out] -> [..., out]
        (Tensor rows, Tensor rowScales) = Float8.QuantizeRows(x.reshape(-1, x.shape[^1]));
        Tensor product = Operators.ScaledProduct(rows, values, rowScales, scale, bias);
        return product.view([.. x.shape[..^1], values.shape[0]]).MoveToOuterDisposeScope();
    }

    private Tensor MultiplyExactly(Tensor x, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        Tensor weight = values.to(ScalarType.Float32).mul_(scale);
        return DenseWeight.Product(x, weight.to(x.dtype), bias).MoveToOuterDisposeScope();
    }
}
