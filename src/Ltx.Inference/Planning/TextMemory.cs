using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;

namespace Ltx.Inference.Planning;

/// <summary>What encoding a prompt holds beside weights: PromptEncoder.Encode, whose parts compute one after the other.</summary>
/// <param name="model">configs</param>
/// <param name="element">bytes of a number</param>
internal sealed class TextMemory(ModelFacts model, int element)
{
    private const double Tokens = GemmaTokenizer.PromptLength;

    // Of every layer and the embedding: they stay until the prompt is encoded.
    private double States => (model.Gemma.Layers + 1) * Of(model.Gemma.HiddenSize);

    public double Peak => States + new[] { Gemma(), Features(), Connector(model.Transformer.Video), Connector(model.Transformer.Audio) }.Max();

    private static double Pairs => Tokens * Tokens;

    private double Of(double features) => Tokens * features * element;

    // VisibleKeys as bools, of both reaches; and either, in GemmaAttention, as numbers beside queries, keys and values, normed, turned and
    // repeated for every head; or, in GemmaFeedForward, the wide ones before and after GELU, the other branch and both together.
    private double Gemma()
    {
        double attention = Pairs * element + Of(10.0 * model.Gemma.Heads * model.Gemma.HeadSize), wide = Of(4.0 * model.Gemma.IntermediateSize);
        return 2 * Pairs + Of(4.0 * model.Gemma.HiddenSize) + Math.Max(attention, wide);
    }

    // FeatureExtractor.Normalize: the states stacked, squared and normalised.
    private double Features() => 3 * States;

    // Both feature tensors, and what ConnectorBlock holds while its feed-forward computes: its input, the rotary table, the norm, the attention's
    // result and their sum, the second norm, the wide ones before and after GELU, and the result.
    private double Connector(StreamConfig stream)
    {
        const double Narrow = 7, Wide = 2 * 4;
        return Of(model.Transformer.Video.ContextFeatures + model.Transformer.Audio.ContextFeatures) + Of((Narrow + Wide) * stream.ContextFeatures);
    }
}
