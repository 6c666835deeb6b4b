namespace Ltx.Inference.Lora;

/// <summary>How much of a LoRA found its layer.</summary>
/// <param name="Name">the LoRA's file</param>
/// <param name="Matched">modules that found theirs</param>
/// <param name="Unmatched">names of those that did not</param>
public sealed record LoraMatch(string Name, int Matched, IReadOnlyList<string> Unmatched)
{
    /// <summary>The same for a person.</summary>
    public string Sentence => $"LoRA {Name}: {Matched} modules matched" + (Unmatched.Count == 0 ? "." : $", {Unmatched.Count} match no layer (the first is \"{Unmatched[0]}\").");
}
