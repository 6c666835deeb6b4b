using Ltx.Inference.Weights;

namespace Ltx.Inference.Lora;

/// <summary>What a LoRA adds to one layer: strength * (alpha / rank * up @ down + difference) to the weight, strength * bias difference to the bias.</summary>
/// <param name="Name">as the file has it, without the ending</param>
/// <param name="LowRank">null where the file has whole differences only</param>
/// <param name="Difference">[out, in], or null for none</param>
/// <param name="BiasDifference">[out], or null for none</param>
internal sealed record LoraModule(string Name, LowRankPair? LowRank, TensorEntry? Difference, TensorEntry? BiasDifference)
{
    /// <summary>[out, in] of the layer that it was made for; null where it changes the bias alone.</summary>
    public long[]? WeightShape => LowRank is { } pair ? [pair.Up.Shape[0], pair.Down.Shape[1]] : Difference?.Shape;

    /// <summary>Whether it changes the weight, and not the bias alone.</summary>
    public bool ChangesWeight => LowRank is not null || Difference is not null;
}
