namespace Ltx.Inference.Expansion;

/// <summary>What became of a prompt.</summary>
/// <param name="Prompt">what is to be encoded: the expansion, or the prompt as it was</param>
/// <param name="Note">a sentence for the log</param>
internal sealed record ExpandedPrompt(string Prompt, string Note);
