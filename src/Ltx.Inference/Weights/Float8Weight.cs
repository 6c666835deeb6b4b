using Ltx.Inference.Kernels;
using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// A weight in float8_e4m3fn with a scale: value * scale is the weight, and the product is the exact one of the weight's values. Where it is asked
/// for, and on a GPU that multiplies float8, activations are rounded to float8 too, each row by its own scale. (Official checkpoints bring one
/// <c>input_scale</c> a layer, measured once for all inputs. It is not used: a row's own scale neither clips a token that is larger than those that
/// were measured nor wastes the few bits of one that is smaller.)
/// </summary>
internal sealed class Float8Weight : LinearWeight
{
    // The tensor cores take sixteen numbers at once.
    private const long Granularity = 16;

    // From this compute capability on (Ada, Hopper) there are float8 tensor cores.
    private const int LeastCapability = 89;

    /// <summary>The most that rounding activations takes beside its result: so many rows are rounded and multiplied at once.</summary>
    public const long Workspace = 256L << 20;

    private readonly Tensor values, scale;
    private readonly bool asked, multipliesFloat8;

    /// <param name="values">[out, in] float8_e4m3fn</param>
    /// <param name="scale">[out, 1] float32: one a row in any case, for that is what the product takes beside activations with one a row</param>
    /// <param name="asked">whether float8 is multiplied, where the device can; otherwise the exact values are</param>
    public Float8Weight(Tensor values, Tensor scale, bool asked)
    {
        this.asked = asked;
        this.values = values.DetachFromDisposeScope();
        this.scale = scale.DetachFromDisposeScope();
        Tensors = [values, scale];
        multipliesFloat8 = asked && values.shape.All(size => size % Granularity == 0) && Multiplies(values.device);
    }

    public override IReadOnlyList<Tensor> Tensors { get; }

    /// <summary>Rounds a weight, one scale a row.</summary>
    /// <param name="weight">[out, in] float32</param>
    /// <param name="multiplied">whether float8 is to be multiplied</param>
    public static Float8Weight Rounded(Tensor weight, bool multiplied = false)
    {
        (Tensor values, Tensor scale) = Float8.QuantizeRows(weight);
        return new Float8Weight(values, scale, multiplied);
    }

    public override LinearWeight Over(IReadOnlyList<Tensor> tensors) => new Float8Weight(tensors[0], tensors[1], asked) { InHost = InHost };

    public override LinearWeight Of(Tensor values) => Rounded(values, asked);

    public override Tensor Multiply(LinearInput x, Tensor? bias)
    {
        if (!multipliesFloat8 || x.Type != ScalarType.BFloat16 || Differentiation.IsOn) return MultiplyExactly(x.Values, bias);
        return FusedKernels.Of(x.Type, scale) is { } kernels ? MultiplyShared(x, kernels, bias) : MultiplyRounded(x.Values, values, scale, bias);
    }

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
    /// <param name="workspace">bytes that rounding may take at once; at least a row is rounded</param>
    internal static Tensor MultiplyRounded(Tensor x, Tensor values, Tensor scale, Tensor? bias, long workspace = Workspace)
    {
        using var scope = NewDisposeScope();
        // [..., in] -> [M, in] -> [M, out] -> [..., out]
        Tensor rows = x.reshape(-1, x.shape[^1]), product = empty([rows.shape[0], values.shape[0]], ScalarType.BFloat16, x.device);
        long step = Math.Max(1, workspace / (Float8.RoundingBytes * rows.shape[1]));
        for (long start = 0; start < rows.shape[0]; start += step)
        {
            using var block = NewDisposeScope();
            long count = Math.Min(step, rows.shape[0] - start);
            (Tensor rounded, Tensor rowScales) = Float8.QuantizeRows(rows.narrow(0, start, count));
            Operators.ScaledProduct(rounded, values, rowScales, scale, bias, product.narrow(0, start, count));
        }
        return product.view([.. x.shape[..^1], values.shape[0]]).MoveToOuterDisposeScope();
    }

    // Counted is what a card would do.
    private static bool Multiplies(Device device) =>
        device.type == DeviceType.META || (device.type == DeviceType.CUDA && CudaRuntime.Capability(device.index) >= LeastCapability);

    // Rows that layers share are rounded once, by a kernel that needs nothing beside them.
    private Tensor MultiplyShared(LinearInput x, FusedKernels kernels, Tensor? bias)
    {
        (Tensor rows, Tensor scales) = x.Rounded(kernels);
        return Operators.ScaledProduct(rows, values, scales, scale, bias).view([.. x.Shape[..^1], values.shape[0]]);
    }

    private Tensor MultiplyExactly(Tensor x, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        // Every float8 number is one of bfloat16, too: what is rounded is their product, once.
        return DenseWeight.Product(x, values.to(x.dtype).mul_(scale), bias).MoveToOuterDisposeScope();
    }
}
