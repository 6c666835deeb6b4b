namespace Ltx.Inference.Lora;

/// <summary>How much of a LoRA found its layer.</summary>
/// <param name="Name">the LoRA's file</param>
/// <param name="Matched">modules that found theirs</param>
/// <param name="Unmatched">names of those that did not</param>
public sealed record LoraMatch(string Name, int Matched, IReadOnlyList<string> Unmatched);
