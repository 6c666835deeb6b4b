using Ltx.Inference.Layers;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>What an AdaLN head gives for the tokens of a stream, before a block adds its own table.</summary>
/// <param name="Values">[U, rows, D], one matrix a distinct noise level</param>
/// <param name="Index">[B*T], or null when all tokens share one level</param>
/// <param name="Batch">B</param>
internal sealed record TokenModulation(Tensor Values, Tensor? Index, long Batch)
{
    /// <summary>One row of the block's table, plus what the noise level adds to it.</summary>
    /// <param name="table">[rows of the table, D]</param>
    /// <param name="tableRow">row of the table</param>
    /// <param name="row">row of this modulation</param>
    public TokenRows Row(Tensor table, int tableRow, int row)
    {
        using Part part = Part.Of(Part.Lookup);
        return new TokenRows(Values.select(1, row) + table[tableRow], Index, Batch);
    }

    /// <summary>The same with one added: a scale.</summary>
    public TokenRows ScaleRow(Tensor table, int tableRow, int row)
    {
        using Part part = Part.Of(Part.Lookup);
        return new TokenRows((Values.select(1, row) + table[tableRow]).add_(1), Index, Batch);
    }
}
