namespace Ltx.Inference.Lora;

/// <summary>A LoRA at the strength it is used with.</summary>
public sealed record LoraUse(LoraFile File, double Strength);
