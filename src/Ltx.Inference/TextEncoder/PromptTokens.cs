namespace Ltx.Inference.TextEncoder;

/// <summary>A prompt as the text encoder takes it.</summary>
/// <param name="Ids">[<see cref="GemmaTokenizer.PromptLength"/>] padded on the left</param>
/// <param name="Mask">1 at tokens, 0 at padding</param>
public sealed record PromptTokens(long[] Ids, long[] Mask);
