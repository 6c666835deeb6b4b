using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;

namespace Ltx.Inference.Measuring;

/// <summary>What encoding a prompt is: Gemma, the projection of all its layers' states, and both connectors.</summary>
internal static class TextWork
{
    public static Operations Encode(GemmaConfig gemma, ConnectorConfig video, ConnectorConfig audio, TransformerConfig transformer, int tokens)
    {
        double states = (double)gemma.HiddenSize * (gemma.Layers + 1);
        return gemma.Layers * Layer(gemma, tokens)
            + Operations.Product(tokens, states, transformer.Video.Features) + Operations.Product(tokens, states, transformer.Audio.Features)
            + video.Layers * Block(video, tokens) + audio.Layers * Block(audio, tokens);
    }

    private static Operations Layer(GemmaConfig gemma, double tokens)
    {
        double inner = gemma.Heads * gemma.HeadSize, shared = gemma.KeyValueHeads * gemma.HeadSize;
        // Sliding layers are masked, not cut: all keys are computed with.
        return 2 * Operations.Product(tokens, gemma.HiddenSize, inner) + 2 * Operations.Product(tokens, gemma.HiddenSize, shared)
            + 3 * Operations.Product(tokens, gemma.HiddenSize, gemma.IntermediateSize) + Operations.Attend(tokens, tokens, inner);
    }

    private static Operations Block(ConnectorConfig connector, double tokens) =>
        4 * Operations.Product(tokens, connector.Features, connector.Features) + (connector.Gated ? Operations.Product(tokens, connector.Features, connector.Heads) : default)
        + Operations.Attend(tokens, tokens, connector.Features) + TransformerWork.FeedForward(connector.Features, tokens);
}
