using Ltx.Inference.Weights;

namespace Ltx.Inference.Lora;

/// <summary>A matrix of low rank: alpha / rank * up @ down.</summary>
/// <param name="Down">[rank, in] ("A")</param>
/// <param name="Up">[out, rank] ("B")</param>
/// <param name="Alpha">null where the file has none: it then counts as the rank</param>
internal sealed record LowRankPair(TensorEntry Down, TensorEntry Up, double? Alpha)
{
    public long Rank => Down.Shape[0];

    public double Scale => Alpha is { } alpha ? alpha / Rank : 1;
}
