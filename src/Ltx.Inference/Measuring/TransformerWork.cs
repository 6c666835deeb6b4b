using Ltx.Inference.Transformer;

namespace Ltx.Inference.Measuring;

/// <summary>What one forward of the transformer is. Modulation, which is computed for a few noise levels and not for every token, is left out.</summary>
public static class TransformerWork
{
    /// <param name="video">tokens of the video stream, references included</param>
    /// <param name="audio">tokens of the audio stream</param>
    /// <param name="text">tokens of the text</param>
    public static Operations Forward(TransformerConfig config, int video, int audio, int text) =>
        Ends(config.Video, video) + Ends(config.Audio, audio) + config.Layers * Block(config, video, audio, text);

    private static Operations Block(TransformerConfig config, int video, int audio, int text)
    {
        (StreamConfig v, StreamConfig a) = (config.Video, config.Audio);
        return Attention(config, v, video, v, video) + Attention(config, a, audio, a, audio)
            + Attention(config, v, video, v.ContextFeatures, v.Features, text) + Attention(config, a, audio, a.ContextFeatures, a.Features, text)
            // Between the streams, both ways, in the audio stream's width.
            + Attention(config, v, video, a.Features, a.Features, audio) + Attention(config, a, audio, v.Features, a.Features, video)
            + FeedForward(v.Features, video) + FeedForward(a.Features, audio);
    }

    private static Operations Attention(TransformerConfig config, StreamConfig stream, int queries, StreamConfig context, int keys) =>
        Attention(config, stream, queries, context.Features, stream.Features, keys);

    private static Operations Attention(TransformerConfig config, StreamConfig stream, double queries, double contextFeatures, double inner, double keys) =>
        // Queries and result, then keys and values.
        2 * Operations.Product(queries, stream.Features, inner) + 2 * Operations.Product(keys, contextFeatures, inner)
        + (config.GatedAttention ? Operations.Product(queries, stream.Features, stream.Heads) : default)
        + Operations.Attend(queries, keys, inner);

    internal static Operations FeedForward(double features, double tokens)
    {
        const int Expansion = 4;
        return 2 * Operations.Product(tokens, features, Expansion * features);
    }

    private static Operations Ends(StreamConfig stream, double tokens) => Operations.Product(tokens, stream.InChannels, stream.Features) + Operations.Product(tokens, stream.Features, stream.OutChannels);
}
