using static TorchSharp.torch;

namespace Ltx.Inference.Kernels;

/// <summary>
/// The elementwise chains of the models as one kernel each: numbers are read once, computed with in float32, and rounded once. Each has its plain
/// twin in libtorch's operators, in the function that calls it. Sources: Cuda/.
/// </summary>
internal readonly struct FusedKernels
{
    private const int Threads = (int)CudaLauncher.Threads, Pack = 8, WarpLanes = 32;
    private const int WideBytes = 16;

    private readonly IKernelLauncher launcher;

    private FusedKernels(IKernelLauncher launcher) => this.launcher = launcher;

    /// <summary>Those of the device that a tensor is on; null where its type is not bfloat16 or nobody runs kernels there.</summary>
    public static FusedKernels? For(Tensor x) => Of(x.dtype, x);

    /// <summary>The same for numbers of a type beside a tensor of another one.</summary>
    public static FusedKernels? Of(ScalarType type, Tensor beside) =>
        type == ScalarType.BFloat16 && KernelLaunchers.For(beside) is { } launcher ? new FusedKernels(launcher) : null;

    /// <summary>rms(x) * (1 + scale) + shift, or without the norm.</summary>
    /// <param name="x">[..., T, D]</param>
    /// <param name="table">whose rows scale and shift are</param>
    /// <param name="epsilon">of the norm; null for none</param>
    /// <returns>of the shape of x</returns>
    public Tensor Modulate(Tensor x, LevelTable table, int scale, int shift, double? epsilon)
    {
        Tensor from = x.contiguous(), result = empty_like(from);
        Modulate(from, result, null, table, (scale, shift), default, epsilon);
        return result;
    }

    /// <summary>The same for two places of a block at once.</summary>
    public (Tensor First, Tensor Second) Modulate(Tensor x, LevelTable table, (int Scale, int Shift) first, (int Scale, int Shift) second, double epsilon)
    {
        Tensor from = x.contiguous(), one = empty_like(from), other = empty_like(from);
        Modulate(from, one, other, table, first, second, epsilon);
        return (one, other);
    }

    /// <summary>x + y * gate</summary>
    /// <param name="x">[..., T, D]</param>
    /// <param name="y">of the same shape</param>
    /// <param name="gate">a row of the table</param>
    public Tensor AddGated(Tensor x, Tensor y, LevelTable table, int gate)
    {
        Tensor to = x.contiguous(), added = y.contiguous(), result = empty_like(to);
        long width = to.shape[^1];
        launcher.Launch(
            "add_gated", to.numel() / width, KernelArgument.Written(result), to, added, table.Levels, table.Table, table.Index, (int)width, Stride(table),
            gate, IsWide(width, to, added, table.Levels, table.Table));
        return result;
    }

    /// <summary>rms(x) * weight, the features of each pair then turned against each other.</summary>
    /// <param name="x">[B, T, H*D]</param>
    /// <param name="weight">[H*D]</param>
    /// <param name="cos">[B or 1, T, H, D/2]</param>
    /// <param name="sin">the same</param>
    /// <returns>[B, T, H*D]</returns>
    public Tensor NormRotate(Tensor x, Tensor weight, double epsilon, Tensor cos, Tensor sin, bool interleaved)
    {
        Tensor from = x.contiguous(), cosines = cos.contiguous(), sines = sin.contiguous(), result = empty_like(from);
        (long heads, long half) = (cos.shape[2], cos.shape[3]);
        launcher.Launch(
            "norm_rotate", from.shape[0] * from.shape[1], KernelArgument.Written(result), from, weight, cosines, sines, (int)heads, (int)half,
            (int)(cos.shape[0] * cos.shape[1]), interleaved, IsWide(half, from, weight, cosines, sines), (float)epsilon);
        return result;
    }

    /// <summary>Every head's result times twice the sigmoid of its logit.</summary>
    /// <param name="x">[B, T, H*D]</param>
    /// <param name="logits">[B, T, H]</param>
    public Tensor GateHeads(Tensor x, Tensor logits)
    {
        Tensor from = x.contiguous(), gates = logits.contiguous(), result = empty_like(from);
        long heads = logits.shape[^1], features = x.shape[^1] / heads;
        launcher.Launch("gate_heads", gates.numel() / heads, KernelArgument.Written(result), from, gates, (int)heads, (int)features, IsWide(features, from));
        return result;
    }

    /// <summary>GELU in its form with tanh.</summary>
    public Tensor Gelu(Tensor x)
    {
        Tensor from = x.contiguous(), result = empty_like(from);
        launcher.Launch("gelu", Blocks(from.numel(), Threads * Pack), KernelArgument.Written(result), from, from.numel(), IsWide(Pack, from));
        return result;
    }

    /// <summary>SiLU of the positions' values, each position divided by the root of its mean square over the channels.</summary>
    /// <param name="x">[B, C, F, H, W] with channels side by side</param>
    /// <param name="into">of the same shape and layout, frames of a longer clip</param>
    public void NormSilu(Tensor x, Tensor into, double epsilon)
    {
        (long channels, long positions) = (x.shape[1], x.shape[2] * x.shape[3] * x.shape[4]);
        int lanes = 1;
        while (lanes < WarpLanes && lanes * Pack < channels) lanes *= 2;
        for (long clip = 0; clip < x.shape[0]; clip++)
        {
            Tensor from = x[clip], to = into[clip];
            launcher.Launch(
                "norm_silu", Blocks(positions, Threads / lanes), KernelArgument.Written(to), from, positions, (int)channels, lanes,
                IsWide(channels, from, to), (float)epsilon);
        }
    }

    /// <summary>Rows rounded to float8, each by a scale that makes its largest number the type's largest.</summary>
    /// <param name="x">[rows, D]</param>
    /// <param name="activated">rounds gelu(x) in place of x</param>
    /// <returns>[rows, D] float8_e4m3fn and [rows, 1] float32, whose product is the matrix</returns>
    public (Tensor Values, Tensor Scales) QuantizeRows(Tensor x, bool activated = false) => QuantizeRows(x, null, (0, 0), 0, activated);

    /// <summary>The same of rms(x) * (1 + scale) + shift.</summary>
    public (Tensor Values, Tensor Scales) QuantizeModulated(Tensor x, LevelTable table, int scale, int shift, double epsilon) =>
        QuantizeRows(x, table, (scale, shift), epsilon, activated: false);

    /// <summary>base + sum of factor * delta, in float32, rounded once.</summary>
    /// <param name="pristine">[out, in]</param>
    /// <param name="deltas">one or two of [out, in] in float32, each with its factor</param>
    /// <param name="finite">[1] bool, becomes false where a sum is not finite</param>
    public Tensor Merge(Tensor pristine, IReadOnlyList<(Tensor Delta, double Factor)> deltas, Tensor finite)
    {
        if (deltas.Count > MostDeltas) throw new ArgumentOutOfRangeException(nameof(deltas), deltas.Count, $"At most {MostDeltas} are merged at once.");
        Tensor from = pristine.contiguous(), result = empty_like(from);
        long width = from.shape[^1];
        Tensor?[] given = [.. deltas.Select(delta => delta.Delta.contiguous()), .. new Tensor?[MostDeltas - deltas.Count]];
        float[] factors = [.. deltas.Select(delta => (float)delta.Factor), .. new float[MostDeltas - deltas.Count]];
        launcher.Launch(
            "merge", from.numel() / width, KernelArgument.Written(result), from, given[0], given[1], KernelArgument.Written(finite),
            factors[0], factors[1], (int)width, IsWide(width, [from, .. given.OfType<Tensor>()]));
        return result;
    }

    /// <summary>How many parts are merged at once: the model's own LoRA and another one. Each stands by itself in float32.</summary>
    public const int MostDeltas = 2;

    private void Modulate(
        Tensor from, Tensor first, Tensor? second, LevelTable table, (int Scale, int Shift) one, (int Scale, int Shift) other, double? epsilon)
    {
        long width = from.shape[^1];
        launcher.Launch(
            "norm_modulate", from.numel() / width, KernelArgument.Written(first), KernelArgument.Written(second), from,
            table.Levels, table.Table, table.Index, (int)width, Stride(table), one.Scale, one.Shift, other.Scale, other.Shift, epsilon is not null,
            IsWide(width, from, table.Levels, table.Table), (float)(epsilon ?? 0));
    }

    private (Tensor Values, Tensor Scales) QuantizeRows(Tensor x, LevelTable? table, (int Scale, int Shift) rows, double epsilon, bool activated)
    {
        Tensor from = x.contiguous();
        (long count, long width) = (from.shape[0], from.shape[1]);
        Tensor values = empty([count, width], Native.Float8.Type, x.device), scales = empty([count, 1], ScalarType.Float32, x.device);
        launcher.Launch(
            "quantize_rows", count, KernelArgument.Written(values), KernelArgument.Written(scales), from, table?.Levels, table?.Table, table?.Index,
            (int)width, table is { } given ? Stride(given) : 0, rows.Scale, rows.Shift, activated,
            table is { } with ? IsWide(width, from, with.Levels, with.Table) : IsWide(width, from), (float)epsilon);
        return (values, scales);
    }

    // Numbers from one level to the next.
    private static int Stride(LevelTable table) => (int)(table.Levels.shape[1] * table.Levels.shape[2]);

    private static long Blocks(long items, long each) => (items + each - 1) / each;

    // Whether sixteen bytes can be taken at once: rows are whole packs, and everything begins where such an access may. What is newly made does.
    private static bool IsWide(long width, params ReadOnlySpan<Tensor> tensors)
    {
        if (width % Pack != 0) return false;
        foreach (Tensor tensor in tensors)
        {
            if (((KernelArgument)tensor).Bits % WideBytes != 0) return false;
        }
        return true;
    }
}
