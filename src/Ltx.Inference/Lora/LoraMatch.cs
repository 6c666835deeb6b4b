namespace Ltx.Inference.Lora;

/// <summary>How much of a LoRA found its layer, and at what strength of its own.</summary>
/// <param name="Name">the LoRA's file</param>
/// <param name="Matched">modules that found theirs</param>
/// <param name="Unmatched">names of those that did not, and of tensors that belong to no module</param>
/// <param name="Strength">what its metadata say of its strength, where that matters; else null</param>
public sealed record LoraMatch(string Name, int Matched, IReadOnlyList<string> Unmatched, string? Strength = null)
{
    /// <summary>The same for a person.</summary>
    public string Sentence
    {
        get
        {
            string unmatched = Unmatched.Count == 0 ? "" : $", {Unmatched.Count} match no layer (the first is \"{Unmatched[0]}\")";
            return $"LoRA {Name}: {Matched} modules matched{unmatched}{(Strength is null ? "" : $"; {Strength}")}.";
        }
    }
}
