namespace Ltx.Inference.TextEncoder;

/// <summary>What Gemma answered.</summary>
/// <param name="Text">without special tokens</param>
/// <param name="IsWhole">whether it ended by itself; false where it came to its last token</param>
public sealed record ChatAnswer(string Text, bool IsWhole);
