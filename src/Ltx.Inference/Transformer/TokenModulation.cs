using Ltx.Inference.Layers;
using static TorchSharp.torch;

namespace Ltx.Inference.Transformer;

/// <summary>What an AdaLN head gives for the tokens of a stream, before a block adds its own table.</summary>
/// <param name="Values">[U, rows, D], one matrix a distinct noise level</param>
/// <param name="Index">[B*T], or null when all tokens share one level</param>
/// <param name="Batch">B</param>
internal sealed record TokenModulation(Tensor Values, Tensor? Index, long Batch)
{
    /// <summary>What the noise level adds to the block's own table, for one of its places.</summary>
    /// <param name="table">[rows, D], in the head's order</param>
    public Modulation At(Tensor table, ModulationRows rows)
    {
        using Part part = Part.Of(Part.Lookup);
        TokenRows scale = Row(table[rows.Scale], rows.Scale);
        scale.Values.add_(1);
        return new Modulation(Row(table[rows.Shift], rows.Shift), scale, rows.Gate is { } gate ? Row(table[gate], gate) : null);
    }

    /// <summary>The one row of a head that has no other.</summary>
    /// <param name="own">[D], what the block has of its own</param>
    public TokenRows Only(Tensor own)
    {
        using Part part = Part.Of(Part.Lookup);
        return Row(own, 0);
    }

    private TokenRows Row(Tensor own, int row) => new(Values.select(1, row) + own, Index, Batch);
}
