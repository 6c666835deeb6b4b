using Ltx.Inference.Layers;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;

namespace Ltx.Inference.Costs;

/// <summary>
/// What encoding a prompt holds beside weights, and what it computes: PromptEncoder.Encode, whose parts (Gemma, the projection of all its layers'
/// states, both connectors) compute one after the other.
/// </summary>
internal sealed class TextCosts
{
    private const double Tokens = GemmaTokenizer.PromptLength;

    private readonly GemmaConfig gemma;
    private readonly TransformerConfig transformer;
    private readonly int element;
    private readonly MemoryLedger ledger = new();
    private readonly OperationCount operations = new();

    public TextCosts(TextConfigs configs, CostBasis basis)
    {
        (gemma, transformer, element) = (configs.Gemma, configs.Transformer, basis.Element);
        // The states of every layer and the embedding: they stay until the prompt is encoded.
        double states = (gemma.Layers + 1) * Of(gemma.HiddenSize);
        ledger.Take(states);
        using (operations.Times(gemma.Layers)) Layer();
        Features(states);
        Connector(configs.VideoConnector, transformer.Video);
        Connector(configs.AudioConnector, transformer.Audio);
    }

    /// <summary>The worst moment.</summary>
    public MemoryLedger Memory => ledger;

    public Operations Operations => operations.Sum;

    private static double Pairs => Tokens * Tokens;

    private double Of(double features) => Tokens * features * element;

    // VisibleKeys as bools, of both reaches; and either, in GemmaAttention, as numbers beside queries, keys and values, normed, turned and
    // repeated for every head; or, in GemmaFeedForward, the wide ones before and after GELU, the other branch and both together.
    private void Layer()
    {
        double inner = gemma.Heads * gemma.HeadSize, shared = gemma.KeyValueHeads * gemma.HeadSize;
        double attention = Pairs * element + Of(10.0 * inner), wide = Of(4.0 * gemma.IntermediateSize);
        ledger.Work(2 * Pairs + Of(4.0 * gemma.HiddenSize) + Math.Max(attention, wide));
        Product(gemma.HiddenSize, inner, times: 2);
        Product(gemma.HiddenSize, shared, times: 2);
        Product(gemma.HiddenSize, gemma.IntermediateSize, times: 3);
        // Sliding layers are masked, not cut: all keys are computed with.
        operations.Add(Operations.Attend(Tokens, Tokens, inner));
    }

    // FeatureExtractor.Normalize: the states stacked, squared and normalised.
    private void Features(double states)
    {
        ledger.Work(3 * states);
        double features = (double)gemma.HiddenSize * (gemma.Layers + 1);
        Product(features, transformer.Video.Features);
        Product(features, transformer.Audio.Features);
    }

    // Both feature tensors, and what ConnectorBlock holds while its feed-forward computes: its input, the rotary table, the norm, the attention's
    // result and their sum, the second norm, the wide ones before and after GELU, and the result.
    private void Connector(ConnectorConfig connector, StreamConfig stream)
    {
        const double Narrow = 7, Wide = 2 * FeedForward.Expansion;
        ledger.Work(Of(transformer.Video.ContextFeatures + transformer.Audio.ContextFeatures) + Of((Narrow + Wide) * stream.ContextFeatures));
        double features = connector.Features;
        using (operations.Times(connector.Layers))
        {
            Product(features, features, times: 4);
            if (connector.Gated) Product(features, connector.Heads);
            operations.Add(Operations.Attend(Tokens, Tokens, features));
            Product(features, FeedForward.Expansion * features, times: 2);
        }
    }

    private void Product(double from, double to, int times = 1) => operations.Add(times * Operations.Product(Tokens, from, to));
}
