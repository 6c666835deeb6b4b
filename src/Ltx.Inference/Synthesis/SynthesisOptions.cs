namespace Ltx.Inference.Synthesis;

/// <summary>What may differ from a preset.</summary>
/// <param name="Layers">blocks of the transformer; null for as many as it has</param>
/// <param name="GemmaLayers">layers of Gemma, and with them the width of the text projection; null for as many as it has</param>
/// <param name="Float8Blocks">how many of the transformer's first blocks have their linear layers in float8 with scales, as the official float8 checkpoints do</param>
/// <param name="Seed">other weights for another seed</param>
public sealed record SynthesisOptions(int? Layers = null, int? GemmaLayers = null, int Float8Blocks = 0, long Seed = 0);
