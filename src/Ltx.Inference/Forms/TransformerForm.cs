using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;

namespace Ltx.Inference.Forms;

/// <summary>The tensors of the transformer and of its two text connectors, all below <c>model.diffusion_model.</c></summary>
internal static class TransformerForm
{
    public const string Prefix = "model.diffusion_model.";

    // Sines and cosines of a noise level: Timesteps of ltx_core/model/transformer/timestep_embedding.py (400fd31).
    private const int TimestepFeatures = 256;

    // A feed-forward layer is four times as wide as its stream.
    private const int FeedForwardFactor = 4;

    public static TensorList Tensors(TransformerConfig config)
    {
        TensorList list = new();
        StreamConfig video = config.Video, audio = config.Audio;
        Ends(list, "", video);
        Ends(list, "audio_", audio);
        // Rows of the heads that modulate the attention between the streams: scale and shift for both directions, and one gate.
        AdaLayerNorm(list, "av_ca_video_scale_shift_adaln_single", video.Features, rows: 4);
        AdaLayerNorm(list, "av_ca_audio_scale_shift_adaln_single", audio.Features, rows: 4);
        AdaLayerNorm(list, "av_ca_a2v_gate_adaln_single", video.Features, rows: 1);
        AdaLayerNorm(list, "av_ca_v2a_gate_adaln_single", audio.Features, rows: 1);
        for (int i = 0; i < config.Layers; i++) Block(list, $"{Prefix}transformer_blocks.{i}.", config);
        return list;
    }

    /// <param name="prefix">for instance <c>model.diffusion_model.video_embeddings_connector.</c></param>
    public static TensorList Connector(string prefix, ConnectorConfig config)
    {
        TensorList list = new();
        int features = config.Features;
        list.Add($"{prefix}learnable_registers", TensorRole.Embedding, config.Registers, features);
        for (int i = 0; i < config.Layers; i++)
        {
            string block = $"{prefix}transformer_1d_blocks.{i}.";
            Attention(list, $"{block}attn1", features, features, features, config.Gated ? config.Heads : 0);
            FeedForward(list, $"{block}ff", features);
        }
        return list;
    }

    private static void Ends(TensorList list, string stream, StreamConfig config)
    {
        list.Linear($"{Prefix}{stream}patchify_proj", config.InChannels, config.Features);
        list.Linear($"{Prefix}{stream}proj_out", config.Features, config.OutChannels);
        list.AddFloat32($"{Prefix}{stream}scale_shift_table", TensorRole.Offset, 2, config.Features);
        AdaLayerNorm(list, $"{stream}adaln_single", config.Features, rows: 9);
        AdaLayerNorm(list, $"{stream}prompt_adaln_single", config.Features, rows: 2);
    }

    private static void AdaLayerNorm(TensorList list, string name, int features, int rows)
    {
        list.Linear($"{Prefix}{name}.emb.timestep_embedder.linear_1", TimestepFeatures, features);
        list.Linear($"{Prefix}{name}.emb.timestep_embedder.linear_2", features, features);
        list.Linear($"{Prefix}{name}.linear", features, (long)rows * features);
    }

    private static void Block(TensorList list, string prefix, TransformerConfig config)
    {
        int video = config.Video.Features, audio = config.Audio.Features;
        int gates = config.GatedAttention ? config.Video.Heads : 0;
        Stream(list, prefix, "", config.Video, gates);
        Stream(list, prefix, "audio_", config.Audio, gates);
        // Both directions attend in the audio stream's width.
        Attention(list, $"{prefix}audio_to_video_attn", video, audio, audio, gates);
        Attention(list, $"{prefix}video_to_audio_attn", audio, video, audio, gates);
        list.AddFloat32($"{prefix}scale_shift_table_a2v_ca_audio", TensorRole.Offset, 5, audio);
        list.AddFloat32($"{prefix}scale_shift_table_a2v_ca_video", TensorRole.Offset, 5, video);
    }

    private static void Stream(TensorList list, string prefix, string stream, StreamConfig config, int gates)
    {
        int features = config.Features;
        Attention(list, $"{prefix}{stream}attn1", features, features, features, gates);
        Attention(list, $"{prefix}{stream}attn2", features, config.ContextFeatures, features, gates);
        FeedForward(list, $"{prefix}{stream}ff", features);
        list.AddFloat32($"{prefix}{stream}scale_shift_table", TensorRole.Offset, 9, features);
        list.AddFloat32($"{prefix}{stream}prompt_scale_shift_table", TensorRole.Offset, 2, features);
    }

    // Queries of one width, keys and values of another, heads that make up a third.
    private static void Attention(TensorList list, string name, int query, int context, int inner, int gates)
    {
        list.Linear($"{name}.to_q", query, inner);
        list.Linear($"{name}.to_k", context, inner);
        list.Linear($"{name}.to_v", context, inner);
        list.Add($"{name}.q_norm.weight", TensorRole.Scale, inner);
        list.Add($"{name}.k_norm.weight", TensorRole.Scale, inner);
        if (gates > 0) list.Linear($"{name}.to_gate_logits", query, gates);
        list.Linear($"{name}.to_out.0", inner, query);
    }

    private static void FeedForward(TensorList list, string name, int features)
    {
        list.Linear($"{name}.net.0.proj", features, (long)FeedForwardFactor * features);
        list.Linear($"{name}.net.2", (long)FeedForwardFactor * features, features);
    }
}
