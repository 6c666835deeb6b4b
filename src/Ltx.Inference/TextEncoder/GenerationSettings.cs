namespace Ltx.Inference.TextEncoder;

/// <summary>
/// How Gemma writes. The defaults are the reference's for prompt enhancement: GEMMA3_ENHANCE_GENERATION_KWARGS and the seed of
/// ltx_core/text_encoders/gemma/encoders/base_encoder.py (400fd31).
/// </summary>
/// <param name="Sample">draws tokens; false takes the most probable one</param>
/// <param name="Temperature">of the drawing</param>
/// <param name="MaxTokens">where it stops at the latest</param>
/// <param name="Seed">of the drawing</param>
public sealed record GenerationSettings(bool Sample = true, double Temperature = 0.7, int MaxTokens = 512, ulong Seed = 10);
