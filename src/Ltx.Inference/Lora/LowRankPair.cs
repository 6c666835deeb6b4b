using Ltx.Inference.Weights;

namespace Ltx.Inference.Lora;

/// <summary>A matrix of low rank, scale * up @ down, and what it adds to the bias, scale * up bias.</summary>
/// <param name="Down">[rank, in] ("A"); as a convolution of one pixel [rank, in, 1, 1]</param>
/// <param name="Up">[out, rank] ("B"), likewise</param>
/// <param name="UpBias">[out], or null for none</param>
/// <param name="Alpha">the file's tensor; null where it has none</param>
/// <param name="Stated">the scale that the file's metadata state for this module; null where they state none</param>
internal sealed record LowRankPair(TensorEntry Down, TensorEntry Up, TensorEntry? UpBias, double? Alpha, double? Stated)
{
    public long Rank => Down.Shape[0];

    public long InFeatures => Down.Shape[1];

    public long OutFeatures => Up.Shape[0];

    /// <summary>Alpha / rank. What stands as a tensor counts before what the metadata state; 1 where neither says anything.</summary>
    public double Scale => Alpha is { } alpha ? alpha / Rank : Stated ?? 1;
}
