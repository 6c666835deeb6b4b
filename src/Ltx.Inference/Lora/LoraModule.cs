using Ltx.Inference.Weights;

namespace Ltx.Inference.Lora;

/// <summary>What a LoRA adds to one layer: strength * alpha / rank * up @ down.</summary>
/// <param name="Name">as the file has it, without the ending</param>
/// <param name="Down">[rank, in] ("A")</param>
/// <param name="Up">[out, rank] ("B")</param>
/// <param name="Alpha">null where the file has none: it then counts as the rank</param>
internal sealed record LoraModule(string Name, TensorEntry Down, TensorEntry Up, double? Alpha)
{
    public long Rank => Down.Shape[0];

    public double Scale => Alpha is { } alpha ? alpha / Rank : 1;
}
