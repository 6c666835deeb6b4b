using Ltx.Inference.Layers;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Transformer;

/// <summary>Sizes of one of the two streams.</summary>
/// <param name="Heads">attention heads</param>
/// <param name="HeadFeatures">width of a head</param>
/// <param name="InChannels">channels of a latent token</param>
/// <param name="OutChannels">channels of its velocity</param>
/// <param name="ContextFeatures">width of the text that it attends to</param>
/// <param name="MaxPositions">position on each axis that maps to one; video: seconds, pixels, pixels; audio: seconds</param>
public sealed record StreamConfig(int Heads, int HeadFeatures, int InChannels, int OutChannels, int ContextFeatures, IReadOnlyList<int> MaxPositions)
{
    public int Features => Heads * HeadFeatures;
}

/// <summary>The architecture of the transformer, as the checkpoint's config states it.</summary>
/// <param name="Video">the video stream</param>
/// <param name="Audio">the audio stream</param>
/// <param name="Layers">blocks</param>
/// <param name="CrossRopeFeatures">features over which the attention between the streams is rotated</param>
/// <param name="NormEpsilon">of every norm</param>
/// <param name="RopeTheta">ratio of highest to lowest rotary frequency</param>
/// <param name="DoublePrecisionRope">whether frequencies are computed in float64</param>
/// <param name="InterleavedRope">whether neighbouring features make the pairs that are rotated</param>
/// <param name="TimestepScale">noise levels are multiplied by this before they are embedded</param>
/// <param name="CrossGateTimestepScale">the same for the gates between the streams</param>
/// <param name="GatedAttention">whether heads are gated</param>
public sealed record TransformerConfig(
    StreamConfig Video, StreamConfig Audio, int Layers, int CrossRopeFeatures, double NormEpsilon, double RopeTheta, bool DoublePrecisionRope, bool InterleavedRope,
    double TimestepScale, double CrossGateTimestepScale, bool GatedAttention)
{
    /// <summary>The positions between the streams are times only, on the longer of the two scales.</summary>
    public int CrossMaxPosition => Math.Max(Video.MaxPositions[0], Audio.MaxPositions[0]);

    /// <param name="config">the checkpoint's whole config</param>
    /// <exception cref="WeightsException">The config describes a model that is not built here.</exception>
    public static TransformerConfig From(ConfigSection config)
    {
        ConfigSection transformer = config.Section("transformer");
        ExpectArchitecture(transformer);
        StreamConfig video = new(
            transformer.Int("num_attention_heads"), transformer.Int("attention_head_dim"), transformer.Int("in_channels"), transformer.Int("out_channels"),
            transformer.Int("cross_attention_dim"), transformer.Ints("positional_embedding_max_pos"));
        // LTX-2.3's config leaves the audio channels out; the reference then takes 128.
        const int DefaultAudioChannels = 128;
        StreamConfig audio = new(
            transformer.Int("audio_num_attention_heads"), transformer.Int("audio_attention_head_dim"), transformer.Int("audio_in_channels", DefaultAudioChannels),
            transformer.Int("audio_out_channels", DefaultAudioChannels), transformer.Int("audio_cross_attention_dim"), transformer.Ints("audio_positional_embedding_max_pos"));
        if (video.Heads != audio.Heads) throw transformer.Fault($"it gives {video.Heads} video heads and {audio.Heads} audio heads, and attention between the streams needs as many of both.");
        return new TransformerConfig(
            video, audio, transformer.Int("num_layers"), transformer.Int("audio_cross_attention_dim"), transformer.Double("norm_eps"), transformer.Double("positional_embedding_theta"),
            transformer.Text("frequencies_precision", "float32") == "float64", RotaryEmbedding.IsInterleaved(transformer), transformer.Double("timestep_scale_multiplier"),
            // No default: the reference's own (1) silences the sound of every 2.3 checkpoint.
            transformer.Double("av_ca_timestep_scale_multiplier"), transformer.Bool("apply_gated_attention", false));
    }

    private static void ExpectArchitecture(ConfigSection transformer)
    {
        transformer.Expect("attention_bias", true);
        transformer.Expect("activation_fn", "gelu-approximate");
        transformer.Expect("qk_norm", "rms_norm");
        transformer.Expect("standardization_norm", "rms_norm");
        transformer.Expect("norm_elementwise_affine", false);
        transformer.Expect("cross_attention_norm", true);
        transformer.Expect("positional_embedding_type", "rope");
        transformer.Expect("use_middle_indices_grid", true);
        transformer.Expect("use_audio_video_cross_attention", true);
        transformer.Expect("av_cross_ada_norm", true);
        transformer.Expect("share_ff", false);
        transformer.Expect("cross_attention_adaln", true);
        transformer.Expect("use_prompt_adaln_single", true, whenAbsent: true);
        transformer.Expect("ff_bias", true, whenAbsent: true);
        transformer.Expect("audio_ff_bias", true, whenAbsent: true);
        transformer.Expect("use_keyframes_abs_pos_embedding", false, whenAbsent: false);
        transformer.Expect("caption_proj_before_connector", true);
        // What the reference insists on as well; other values are other models, which have the same tensors.
        transformer.Expect("dropout", 0.0, whenAbsent: 0.0);
        transformer.Expect("num_embeds_ada_norm", 1000, whenAbsent: 1000);
        foreach (string key in (ReadOnlySpan<string>)["use_linear_projection", "only_cross_attention", "double_self_attention", "upcast_attention"]) transformer.Expect(key, false, whenAbsent: false);
        if (transformer.Has("num_vector_embeds")) throw transformer.Fault("num_vector_embeds is set, which is not built here.");
    }
}
