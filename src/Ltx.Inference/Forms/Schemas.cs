using Ltx.Inference.AudioVae;
using Ltx.Inference.Native;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.TextEncoder.Vision;
using Ltx.Inference.Transformer;
using Ltx.Inference.Upsampler;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Forms;

/// <summary>
/// Which tensors a model's files have, by its configs: the models are built over a <see cref="SchemaRecorder"/>, and what they ask for is the
/// answer. Takes no memory for weights, and for LTX-2.3 22B less than a second.
/// </summary>
public static class Schemas
{
    private const ScalarType Type = ScalarType.BFloat16;

    /// <summary>All that the monolithic checkpoint holds. For LTX-2.3 22B these are its 5947 tensors.</summary>
    /// <param name="config">the <c>config</c> of the file's metadata</param>
    /// <param name="gemmaFeatures">width of the text encoder</param>
    /// <param name="gemmaLayers">its layers: the projection takes the states of all of them and the embedding's</param>
    /// <exception cref="WeightsException">The config lacks a value, or describes what is not built here.</exception>
    public static IReadOnlyList<ExpectedTensor> Checkpoint(ConfigSection config, int gemmaFeatures, int gemmaLayers) => Record(schema =>
    {
        Checkpoint checkpoint = Weights.Checkpoint.Of(schema, config);
        ConfigSection transformer = config.Section("transformer");
        Drop(new LtxTransformer(checkpoint, SchemaRecorder.Device, Type));
        Drop(new EmbeddingsConnector(checkpoint, EmbeddingsConnector.VideoPrefix, ConnectorConfig.Video(transformer), SchemaRecorder.Device, Type));
        Drop(new EmbeddingsConnector(checkpoint, EmbeddingsConnector.AudioPrefix, ConnectorConfig.Audio(transformer), SchemaRecorder.Device, Type));
        Drop(new FeatureExtractor(checkpoint, gemmaFeatures, gemmaLayers + 1, SchemaRecorder.Device, Type));
        Drop(VideoEncoder.Load(checkpoint, SchemaRecorder.Device, Type));
        Drop(VideoDecoder.Load(checkpoint, SchemaRecorder.Device, Type));
        Drop(new AudioCodec(checkpoint, SchemaRecorder.Device, Type));
    });

    /// <summary>A latent upsampler's file.</summary>
    /// <param name="config">the <c>config</c> of the file's metadata</param>
    /// <exception cref="WeightsException">The config describes what is not built here.</exception>
    public static IReadOnlyList<ExpectedTensor> Upsampler(ConfigSection config) =>
        Record(schema => Drop(new LatentUpsampler(schema.Archive, LatentUpsamplerConfig.Read(config), SchemaRecorder.Device, Type, channelsLast: false)));

    /// <summary>The language model of a Gemma 3.</summary>
    /// <param name="prefix">one of <see cref="GemmaWeights.Prefixes"/>; null for the hub's</param>
    internal static IReadOnlyList<ExpectedTensor> LanguageModel(GemmaConfig config, string? prefix = null) =>
        Record(schema => Drop(new GemmaEncoder(config, () => GemmaWeights.Of(schema, prefix ?? GemmaWeights.Prefixes[0]), SchemaRecorder.Device, Type, streams: false)));

    /// <summary>The vision tower and the projector behind it; they are read where the text model is shown pictures.</summary>
    /// <param name="config">their sizes</param>
    /// <param name="tower">what the tower's names begin with; null for the hub's</param>
    /// <param name="projector">what the projector's names begin with; null for the hub's</param>
    internal static IReadOnlyList<ExpectedTensor> Vision(VisionConfig config, string? tower = null, string? projector = null) => Record(schema =>
    {
        ComponentWeights Component(string prefix) => new(schema.Archive, prefix, SchemaRecorder.Device, Type);
        using ComponentWeights towers = Component(tower ?? ImageEncoder.TowerPrefixes[0]), projectors = Component(projector ?? ImageEncoder.ProjectorPrefixes[0]);
        _ = new VisionTower(towers.Root, config);
        _ = new VisionProjector(projectors.Root, config);
    });

    private static IReadOnlyList<ExpectedTensor> Record(Action<SchemaRecorder> build)
    {
        // Commands come here that have touched no tensor so far.
        LibTorch.Load();
        return Recorded(build);
    }

    private static IReadOnlyList<ExpectedTensor> Recorded(Action<SchemaRecorder> build)
    {
        using var scope = NewDisposeScope();
        SchemaRecorder schema = new();
        build(schema);
        return schema.Tensors;
    }

    private static void Drop(IDisposable built) => built.Dispose();
}
