using Ltx.Inference.Costs;
using Ltx.Inference.Layers;

namespace Ltx.Inference.Measuring.Counting;

/// <summary>
/// Which kernels CUDA runs for an operator, and what they read and write: one row an operator, by libtorch 2.10's sources. What is not in it is
/// an error where it is counted, so that nothing is left out of a sum.
/// </summary>
internal static class KernelTable
{
    private const string Namespace = "aten::";

    // One kernel for all numbers of the result (aten/src/ATen/native/cuda: Binary*, Unary*, PointwiseOps*, TensorCompare, Activation*Kernel.cu).
    private static readonly HashSet<string> Elementwise =
    [
        "add", "sub", "mul", "div", "addcmul", "exp", "cos", "sin", "sinc", "log", "silu", "sigmoid", "gelu", "tanh", "sqrt", "rsqrt", "reciprocal", "pow", "clamp", "clamp_min", "neg",
    ];

    // Written and not read (Fill.cu, RangeFactories.cu).
    private static readonly HashSet<string> Filling = ["fill", "zero", "arange", "linspace"];

    // Of a few small tensors, over the first dimension (SoftMax.cu): what its rows are read again for lies in the chip.
    private const string Softmax = "_softmax";

    // Numbers moved: each is read and written once (Copy.cu, Shape.cu, ReplicationPadding.cu, UpSampleNearest2d.cu).
    private static readonly HashSet<string> Moving = ["copy", "cat", "replication_pad1d", "upsample_nearest2d"];

    // The smaller side is written, the larger one read (ReduceOps.cu).
    private static readonly HashSet<string> Reducing = ["mean", "sum", "norm", "linalg_vector_norm"];

    // layer_norm_kernel.cu: rms_norm and layer_norm are one kernel each; of group_norm_kernel.cu, moments, factors and the numbers themselves.
    private static readonly HashSet<string> Norms = ["rms_norm", "layer_norm", "group_norm"];

    /// <summary>The product of float8 matrices.</summary>
    public const string Float8Product = "_scaled_mm";

    // Indexing.cu: a small table is read once, and then lies in the chip.
    private const string IndexSelect = "index_select";

    // Only shapes and places: no kernel. What gives a view of an argument is known by its schema.
    private static readonly HashSet<string> Free =
    [
        "empty", "empty_strided", "empty_like", "new_empty", "resize_", "set_", "result_type", "as_strided_", "_unsafe_view", "unsqueeze_", "lift_fresh", "detach_",
    ];

    /// <summary>The kernels of a call; null where it is for what it calls itself to say.</summary>
    /// <param name="kind">of the innermost part of the model that it belongs to (<see cref="Part"/>); null where none says</param>
    /// <exception cref="InvalidOperationException">The table has no row for it.</exception>
    public static IReadOnlyList<Kernel>? Of(TracedOperator call, string? kind)
    {
        string name = call.Name.StartsWith(Namespace, StringComparison.Ordinal) ? call.Name[Namespace.Length..] : call.Name, plain = name.EndsWith('_') ? name[..^1] : name;
        if (call.IsView || Free.Contains(name)) return call.Inner.Count > 0 ? null : [];
        // The host computes it.
        if (call.Read.Concat(call.Written).All(tensor => tensor.OnHost)) return [];
        return plain switch
        {
            "addmm" or "mm" or "bmm" or "baddbmm" or Float8Product => [Product(call, plain)],
            "scaled_dot_product_attention" or "_scaled_dot_product_flash_attention_for_cpu" => [Attention(call)],
            "convolution_overrideable" => Convolution(call),
            _ when Elementwise.Contains(plain) && !CallsSame(call) => [Plain(call, kind, call.Read.Concat(plain == name ? [] : call.Written))],
            Softmax => [Plain(call, kind, call.Read)],
            _ when Filling.Contains(plain) => [Plain(call, kind, [])],
            _ when Moving.Contains(plain) => [Moved(call, kind)],
            _ when Reducing.Contains(plain) && !CallsSame(call) => [new Kernel(plain, Rotates(kind) ?? KernelClass.Norm, KernelAccess.Reduced, Bytes(call.Read) + Bytes(call.Written), default, 0)],
            _ when Norms.Contains(plain) => Norm(call, plain),
            IndexSelect => [new Kernel(plain, KernelClass.LookUp, KernelAccess.Gathered, Bytes(call.Written) + Math.Min(Bytes(call.Inputs[0]), Bytes(call.Written)), default, 0)],
            _ when call.Inner.Count > 0 => null,
            _ => throw new InvalidOperationException($"{call.Name} ({call.Schema}) is not in the table of kernels: say in {nameof(KernelTable)} what it runs, reads and writes."),
        };
    }

    private static Kernel Plain(TracedOperator call, string? kind, IEnumerable<TracedTensor> read)
    {
        IReadOnlyList<TracedTensor> inputs = [.. read.Where(tensor => !tensor.OnHost)], outputs = call.Written;
        return new Kernel(Short(call), ClassOf(kind), AccessOf(inputs, outputs), Bytes(inputs) + Bytes(outputs), default, 0);
    }

    private static Kernel Moved(TracedOperator call, string? kind)
    {
        IReadOnlyList<TracedTensor> inputs = [.. call.Read.Where(tensor => !tensor.OnHost)], outputs = call.Written;
        // Parts of a joined tensor are each written as they are read.
        KernelAccess access = inputs.Count != 1 ? (inputs.All(tensor => tensor.IsDense) ? KernelAccess.Even : KernelAccess.Strided) : AccessOf(inputs, outputs);
        return new Kernel(Short(call), Rotates(kind) ?? KernelClass.Copy, access, Bytes(inputs) + Bytes(outputs), default, 0);
    }

    // The bias of addmm is added in cuBLASLt's epilogue.
    private static Kernel Product(TracedOperator call, string plain)
    {
        TracedTensor result = call.Outputs[0], left = call.Inputs[plain is "mm" or "bmm" or Float8Product ? 0 : 1][0];
        return new Kernel(plain, KernelClass.Product, KernelAccess.Library, Bytes(call.Read) + Bytes(call.Written), new Operations(2 * result.Elements * left.Sizes[^1], 0, 0), result.Sizes[^1]);
    }

    private static Kernel Attention(TracedOperator call)
    {
        TracedTensor queries = call.Inputs[0][0], keys = call.Inputs[1][0];
        double heads = queries.Elements / (queries.Sizes[^1] * queries.Sizes[^2]);
        return new Kernel(
            "scaled_dot_product_attention", KernelClass.Attention, KernelAccess.Library, Bytes(call.Read) + Bytes(call.Written),
            Operations.Attend(queries.Sizes[^2], keys.Sizes[^2], heads * queries.Sizes[^1]), queries.Sizes[^1]);
    }

    // cuDNN's has no bias: ATen adds it in place (aten/src/ATen/native/Convolution.cpp, ConvBackend::Cudnn).
    private static IReadOnlyList<Kernel> Convolution(TracedOperator call)
    {
        TracedTensor input = call.Inputs[0][0], weight = call.Inputs[1][0], result = call.Outputs[0];
        const int Transposed = 6;
        double taps = weight.Sizes.Skip(2).Aggregate(1.0, (all, size) => all * size);
        // A transposed one multiplies every number that goes in with the whole kernel.
        double positions = (call.Flags[Transposed] ? input : result).Elements;
        Operations work = new(0, 2 * taps * positions * weight.Sizes[1], 0);
        Kernel convolution = new("convolution", KernelClass.Convolution, KernelAccess.Library, Bytes([input, weight]) + Bytes([result]), work, weight.Sizes[0]);
        if (call.Inputs[2].Count == 0) return [convolution];
        return [convolution, new Kernel("bias", KernelClass.Convolution, KernelAccess.Broadcast, 2 * Bytes([result]), default, 0)];
    }

    private static IReadOnlyList<Kernel> Norm(TracedOperator call, string plain)
    {
        TracedTensor input = call.Inputs[0][0];
        Kernel norm = new(plain, KernelClass.Norm, KernelAccess.Reduced, Bytes(call.Read) + Bytes(call.Written), default, 0);
        return plain == "group_norm" ? [norm with { Bytes = Bytes([input]) }, norm with { Bytes = 0 }, norm] : [norm];
    }

    // Rotation is what a kernel of its own would take over, copies included.
    private static KernelClass? Rotates(string? kind) => kind == Part.Rotation ? KernelClass.Rotation : null;

    private static KernelClass ClassOf(string? kind) => kind switch
    {
        Part.Norms => KernelClass.Norm,
        Part.Rotation => KernelClass.Rotation,
        Part.Modulation => KernelClass.Modulate,
        Part.Gates => KernelClass.Gate,
        Part.Lookup => KernelClass.LookUp,
        Part.Activation => KernelClass.Activation,
        _ => KernelClass.Rest,
    };

    private static KernelAccess AccessOf(IReadOnlyList<TracedTensor> inputs, IReadOnlyList<TracedTensor> outputs)
    {
        TracedTensor result = outputs[0];
        // One number is in a register.
        List<TracedTensor> large = [.. inputs.Where(tensor => tensor.Elements > 1)];
        if (!result.IsDense || large.Any(tensor => tensor.Elements == result.Elements && !tensor.IsLaidOutAs(result))) return KernelAccess.Strided;
        return large.Any(tensor => tensor.Bytes / tensor.Element < result.Elements) ? KernelAccess.Broadcast : KernelAccess.Even;
    }

    private static double Bytes(IEnumerable<TracedTensor> tensors) => tensors.Where(tensor => !tensor.OnHost).Sum(tensor => tensor.Bytes);

    // Of a number, or in place: another form of the same operator does the work.
    private static bool CallsSame(TracedOperator call) => call.Inner.Any(inner => inner.Name.TrimEnd('_') == call.Name.TrimEnd('_'));

    private static string Short(TracedOperator call) => call.Name[(call.Name.LastIndexOf(':') + 1)..];
}
