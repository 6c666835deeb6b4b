using Ltx.Inference.AudioVae;
using Ltx.Inference.Costs;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Upsampler;
using Ltx.Inference.VideoVae;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Measuring;

/// <summary>Sizes of all parts of a model, read from its configs alone: what its work is counted from.</summary>
public sealed class ModelArchitecture
{
    /// <param name="checkpoint">the checkpoint's config</param>
    /// <param name="gemma">the text encoder's <c>config.json</c></param>
    /// <param name="upsampler">the upsampler's config</param>
    /// <exception cref="WeightsException">A config describes what is not built here.</exception>
    public ModelArchitecture(ConfigSection checkpoint, ConfigSection gemma, ConfigSection upsampler)
    {
        (Checkpoint, Gemma, UpsamplerConfig) = (checkpoint, gemma, upsampler);
        Transformer = TransformerConfig.From(checkpoint);
        VideoVae = VideoVaeConfig.Read(checkpoint);
        AudioVae = AudioVaeConfig.Read(checkpoint);
        Vocoder = VocoderConfig.Read(checkpoint);
        Upsampler = LatentUpsamplerConfig.Read(upsampler);
        ConfigSection transformer = checkpoint.Section("transformer");
        Text = new TextConfigs(GemmaConfig.Read(gemma), ConnectorConfig.Video(transformer), ConnectorConfig.Audio(transformer), Transformer);
    }

    public TransformerConfig Transformer { get; }

    public VideoVaeConfig VideoVae { get; }

    public AudioVaeConfig AudioVae { get; }

    public VocoderConfig Vocoder { get; }

    public LatentUpsamplerConfig Upsampler { get; }

    internal TextConfigs Text { get; }

    /// <summary>The configs themselves, over which the models can be built without weights.</summary>
    internal ConfigSection Checkpoint { get; }

    internal ConfigSection Gemma { get; }

    internal ConfigSection UpsamplerConfig { get; }

    /// <exception cref="WeightsException">A file is missing or damaged, or a config describes what is not built here.</exception>
    public static ModelArchitecture Of(ModelFolder folder)
    {
        using Checkpoint checkpoint = Weights.Checkpoint.Open(folder);
        using SafetensorsFile upscaler = folder.Files.Open(folder.Upscaler);
        string config = upscaler.Metadata.GetValueOrDefault("config") ?? throw new WeightsException($"{upscaler.Path} is no latent upsampler: its metadata has no config.");
        return new ModelArchitecture(checkpoint.Config, folder.Files.ReadConfig(Path.Combine(folder.TextEncoder, "config.json")), ConfigSection.Parse(config, upscaler.Path));
    }
}
