using Ltx.Inference.Kernels;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>What noise levels do to the tokens on their way into a layer and out of it: each is one kernel where kernels run, and its plain twin elsewhere.</summary>
internal static class Modulations
{
    /// <summary>rms(x) * (1 + scale) + shift</summary>
    /// <param name="x">[B, T, D]</param>
    /// <param name="table">of the block and its tokens; scale and shift are rows of it</param>
    public static Tensor NormModulate(Tensor x, LevelTable table, int scale, int shift, double epsilon)
    {
        using Part part = Part.Of(Part.Modulation);
        using var scope = NewDisposeScope();
        Tensor modulated = FusedKernels.For(x)?.Modulate(x, table, scale, shift, epsilon) ?? Plain(RmsNorm.Weightless(x, epsilon), table, scale, shift);
        return modulated.MoveToOuterDisposeScope();
    }

    /// <summary>The same norm for two places of a block.</summary>
    /// <param name="x">[B, T, D]</param>
    public static (Tensor First, Tensor Second) NormModulate(Tensor x, LevelTable table, (int Scale, int Shift) first, (int Scale, int Shift) second, double epsilon)
    {
        using Part part = Part.Of(Part.Modulation);
        using var scope = NewDisposeScope();
        if (FusedKernels.For(x) is { } fused)
        {
            (Tensor one, Tensor other) = fused.Modulate(x, table, first, second, epsilon);
            return (one.MoveToOuterDisposeScope(), other.MoveToOuterDisposeScope());
        }
        Tensor normed = RmsNorm.Weightless(x, epsilon);
        return (Plain(normed, table, first.Scale, first.Shift).MoveToOuterDisposeScope(), Plain(normed, table, second.Scale, second.Shift).MoveToOuterDisposeScope());
    }

    /// <summary>x * (1 + scale) + shift</summary>
    /// <param name="x">[B, T, D]</param>
    public static Tensor Modulate(Tensor x, LevelTable table, int scale, int shift)
    {
        using Part part = Part.Of(Part.Modulation);
        using var scope = NewDisposeScope();
        return (FusedKernels.For(x)?.Modulate(x, table, scale, shift, epsilon: null) ?? Plain(x, table, scale, shift)).MoveToOuterDisposeScope();
    }

    /// <summary>x + y * gate</summary>
    /// <param name="x">[B, T, D]</param>
    /// <param name="y">[B, T, D]</param>
    public static Tensor AddGated(Tensor x, Tensor y, LevelTable table, int gate)
    {
        using Part part = Part.Of(Part.Gates);
        using var scope = NewDisposeScope();
        return (FusedKernels.For(x)?.AddGated(x, y, table, gate) ?? (y * Row(x, table, gate)).add_(x)).MoveToOuterDisposeScope();
    }

    private static Tensor Plain(Tensor x, LevelTable table, int scale, int shift) => (x * Row(x, table, scale, more: 1)).add_(Row(x, table, shift));

    // A row for every token of x, [B, T, D], or [1, 1, D] where all tokens share one; in the caller's scope.
    private static Tensor Row(Tensor x, LevelTable table, int row, int more = 0)
    {
        using Part part = Part.Of(Part.Lookup);
        // [U, D]
        Tensor values = table.Levels.select(1, row) + table.Table[row];
        if (more != 0) values.add_(more);
        return table.Index is null ? values.unsqueeze(0) : values.index_select(0, table.Index).view(x.shape);
    }
}
