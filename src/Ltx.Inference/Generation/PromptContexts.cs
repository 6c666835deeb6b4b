using Ltx.Inference.TextEncoder;

namespace Ltx.Inference.Generation;

/// <summary>What both prompts were encoded to.</summary>
/// <param name="Negative">null where the recipe does not look at it</param>
internal sealed record PromptContexts(PromptContext Positive, PromptContext? Negative = null);
