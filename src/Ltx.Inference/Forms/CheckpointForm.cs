using Ltx.Inference.AudioVae;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Forms;

/// <summary>All that the monolithic checkpoint holds, by its config. For LTX-2.3 22B these are its 5947 tensors.</summary>
public static class CheckpointForm
{
    /// <param name="config">the <c>config</c> of the file's metadata</param>
    /// <param name="gemmaFeatures">width of the text encoder</param>
    /// <param name="gemmaLayers">its layers: the projection takes the states of all of them and the embedding's</param>
    /// <exception cref="WeightsException">The config lacks a value, or describes what is not built here.</exception>
    public static IReadOnlyList<ExpectedTensor> Tensors(ConfigSection config, int gemmaFeatures, int gemmaLayers)
    {
        ConfigSection section = config.Section("transformer");
        TransformerConfig transformer = TransformerConfig.From(config);
        TensorList list = TransformerForm.Tensors(transformer);
        list.AddRange(TransformerForm.Connector($"{TransformerForm.Prefix}video_embeddings_connector.", ConnectorConfig.Video(section)));
        list.AddRange(TransformerForm.Connector($"{TransformerForm.Prefix}audio_embeddings_connector.", ConnectorConfig.Audio(section)));
        long states = (long)gemmaFeatures * (gemmaLayers + 1);
        list.Linear("text_embedding_projection.video_aggregate_embed", states, transformer.Video.Features);
        list.Linear("text_embedding_projection.audio_aggregate_embed", states, transformer.Audio.Features);
        AudioVaeConfig audio = AudioVaeConfig.Read(config);
        list.AddRange(VideoVaeForm.Tensors(VideoVaeConfig.Read(config)));
        list.AddRange(AudioVaeForm.Tensors(audio));
        list.AddRange(VocoderForm.Tensors(VocoderConfig.Read(config), audio.MelBins));
        return [.. list];
    }
}
