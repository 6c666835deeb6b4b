using Ltx.Inference.TextEncoder;

namespace Ltx.Inference.Expansion;

/// <summary>
/// Lets Gemma write a prompt out before it is encoded. What cannot be used is not used: the prompt then stays as it was, and the note says
/// why. Draws from a generator of its own, so that the request's noise is the same with it and without.
/// </summary>
internal sealed class PromptExpander(PromptEncoder text)
{
    // Sources: docs/inpaint-pipeline.md, section 1. A longer prompt than the encoder reads has no need of more words.
    private const double Temperature = 0.7;
    private const int MaxPromptTokens = GemmaTokenizer.PromptLength;

    /// <summary>As long as an expansion may be (the same source).</summary>
    internal const int MaxTokens = 512;

    private const string Unchanged = "the prompt is used as it is.";

    /// <summary>What is said where a model's Gemma is not trained to write.</summary>
    public const string NotOfThisModel = "This model does not expand prompts; " + Unchanged;

    /// <param name="prompt">the request's</param>
    /// <param name="withSound">whether the clip's sound is generated from the prompt, too</param>
    /// <param name="seed">the request's: same seed, same text</param>
    /// <param name="allowed">asked whether the caller wants a text; null for any</param>
    /// <param name="cancellation">asked once a token</param>
    /// <param name="frame">what it is shown of the clip, with the masked region in green; null for nothing</param>
    /// <param name="maxTokens">after which it is broken off</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ExpandedPrompt Expand(string prompt, bool withSound, long seed, Func<string, bool>? allowed, CancellationToken cancellation, Picture? frame = null, int maxTokens = MaxTokens)
    {
        if (string.IsNullOrWhiteSpace(prompt)) return new ExpandedPrompt(prompt, "The prompt is empty, and there is nothing to expand.");
        if (text.Tokenizer.Encode(prompt, addBos: true).Count > MaxPromptTokens) return new ExpandedPrompt(prompt, $"The prompt has more than {MaxPromptTokens} tokens and needs no expansion; {Unchanged}");
        GenerationSettings settings = new(Sample: true, Temperature, maxTokens, unchecked((ulong)seed));
        ChatAnswer answer = text.Answer(ExpansionInstruction.Text(withSound, frame is not null), prompt, settings, cancellation, frame);
        string cleaned = ExpansionText.Clean(answer.Text), used = answer.IsWhole ? cleaned : ExpansionText.WholeSentences(cleaned);
        ExpansionFault? fault = ExpansionText.Judge(cleaned) ?? (used.Length == 0 ? ExpansionFault.BrokenOff : allowed?.Invoke(used) == false ? ExpansionFault.Disallowed : null);
        if (fault is { } found) return new ExpandedPrompt(prompt, $"{Reason(found)}; {Unchanged}");
        return new ExpandedPrompt(used, answer.IsWhole ? "The prompt was expanded." : $"The prompt was expanded; {MaxTokens} tokens were not enough for the last sentence, which was left out.");
    }

    private static string Reason(ExpansionFault fault) => fault switch
    {
        ExpansionFault.Empty => "The expansion of the prompt was empty",
        ExpansionFault.NotText => "The expansion of the prompt was not text",
        ExpansionFault.Repetition => "The expansion of the prompt repeated itself",
        ExpansionFault.Refusal => "The text model declined to expand the prompt",
        ExpansionFault.BrokenOff => $"The expansion of the prompt did not end its first sentence within {MaxTokens} tokens",
        ExpansionFault.Disallowed => "The expansion of the prompt holds what this server refuses",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
