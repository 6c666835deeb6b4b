using Ltx.Inference.Weights;

namespace Ltx.Inference.Lora;

/// <summary>
/// What a LoRA adds to one layer: strength * (scale * up @ down + difference) to the weight, strength * (scale * up bias + bias difference) to the bias.
/// </summary>
/// <param name="Name">as the file has it, without the ending</param>
/// <param name="LowRank">null where the file has whole differences only</param>
/// <param name="Difference">[out, in], as a convolution of one pixel [out, in, 1, 1], or null for none</param>
/// <param name="BiasDifference">[out], or null for none</param>
internal sealed record LoraModule(string Name, LowRankPair? LowRank, TensorEntry? Difference, TensorEntry? BiasDifference)
{
    /// <summary>[out, in] of the layer that it was made for; null where it changes the bias alone.</summary>
    public long[]? WeightShape => LowRank is { } pair ? [pair.OutFeatures, pair.InFeatures] : Difference is { } difference ? MatrixShape(difference) : null;

    /// <summary>Whether it changes the weight, and not the bias alone.</summary>
    public bool ChangesWeight => LowRank is not null || Difference is not null;

    /// <summary>What it adds to the bias; empty where it leaves it.</summary>
    public IEnumerable<TensorEntry> BiasParts => new[] { LowRank?.UpBias, BiasDifference }.OfType<TensorEntry>();

    /// <summary>A tensor's shape without the sizes of 1 behind the first two: a convolution of one pixel is a matrix.</summary>
    public static long[] MatrixShape(TensorEntry entry)
    {
        int dimensions = entry.Shape.Length;
        while (dimensions > 2 && entry.Shape[dimensions - 1] == 1) dimensions--;
        return entry.Shape[..dimensions];
    }
}
