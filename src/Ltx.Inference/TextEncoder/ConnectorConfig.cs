using Ltx.Inference.Layers;
using Ltx.Inference.Weights;

namespace Ltx.Inference.TextEncoder;

/// <summary>Sizes of one embeddings connector, from the checkpoint's <c>transformer</c> section.</summary>
/// <param name="Heads">attention heads</param>
/// <param name="HeadSize">features of one head</param>
/// <param name="Layers">blocks</param>
/// <param name="Registers">rows that stand in for padding</param>
/// <param name="MaxPosition">the position that the rotary embedding maps to one</param>
/// <param name="DoublePrecision">whether its frequencies are computed in float64</param>
/// <param name="Interleaved">whether neighbouring features make the pairs that it rotates</param>
/// <param name="Gated">whether its attention is gated</param>
internal sealed record ConnectorConfig(int Heads, int HeadSize, int Layers, int Registers, int MaxPosition, bool DoublePrecision, bool Interleaved, bool Gated)
{
    public int Features => Heads * HeadSize;

    /// <summary>The video connector's.</summary>
    public static ConnectorConfig Video(ConfigSection transformer)
    {
        transformer.Expect("connector_ff_bias", true, whenAbsent: true);
        // Fallbacks are those of Embeddings1DConnectorConfigurator, ltx_core/text_encoders/gemma/embeddings_connector.py (400fd31).
        IReadOnlyList<int> maxPositions = transformer.Has("connector_positional_embedding_max_pos") ? transformer.Ints("connector_positional_embedding_max_pos") : [1];
        if (maxPositions is not [int maxPosition]) throw new WeightsException($"The checkpoint's connectors have {maxPositions.Count} position axes, and only one is built here.");
        return new ConnectorConfig(
            transformer.Int("connector_num_attention_heads", 30),
            transformer.Int("connector_attention_head_dim", 128),
            transformer.Int("connector_num_layers", 2),
            transformer.Int("connector_num_learnable_registers", 128),
            maxPosition,
            transformer.Has("frequencies_precision") && transformer.Text("frequencies_precision") == "float64",
            RotaryEmbedding.IsInterleaved(transformer),
            transformer.Bool("connector_apply_gated_attention", false));
    }

    /// <summary>The audio connector's: what it does not say is as in the video connector.</summary>
    public static ConnectorConfig Audio(ConfigSection transformer)
    {
        ConnectorConfig video = Video(transformer);
        return video with
        {
            Heads = transformer.Int("audio_connector_num_attention_heads", video.Heads),
            HeadSize = transformer.Int("audio_connector_attention_head_dim", video.HeadSize),
            Layers = transformer.Int("audio_connector_num_layers", video.Layers),
        };
    }
}
