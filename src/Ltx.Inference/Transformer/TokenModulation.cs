using Ltx.Inference.Kernels;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>What an AdaLN head gives for the tokens of a stream, before a block adds its own table.</summary>
/// <param name="Values">[U, rows, D], one matrix a distinct noise level</param>
/// <param name="Index">[B*T], or null when all tokens share one level</param>
internal sealed record TokenModulation(Tensor Values, Tensor? Index)
{
    /// <summary>With a block's own table, for one of its places.</summary>
    /// <param name="table">[rows, D], in the head's order</param>
    public Modulation At(Tensor table, ModulationRows rows) => new(Beside(table), rows);

    /// <summary>With a block's own table, or the part of it that the head has rows for.</summary>
    /// <param name="table">[rows, D], in the head's order</param>
    public LevelTable Beside(Tensor table) => new(Values, table, Index);
}
