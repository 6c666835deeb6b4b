using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ltx.Inference.Forms;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.TextEncoder.Vision;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Synthesis;

/// <summary>All files of a synthetic model and what is in each, whether they are written or only imagined.</summary>
internal sealed class SynthesisPlan
{
    /// <summary>The text encoder's configuration within its folder.</summary>
    public const string GemmaConfigName = "config.json";

    private readonly List<PlannedFile> files = [];

    /// <exception cref="WeightsException">A config of the preset, or an option, cannot be.</exception>
    public SynthesisPlan(ModelPreset preset, SynthesisOptions options)
    {
        if (options.Layers is < 1 || options.GemmaLayers is < 1 || options.Float8Blocks < 0) throw new WeightsException("A model has at least one layer, and not fewer than no blocks in float8.");
        Preset = preset;
        JsonObject checkpointConfig = Shortened(preset.Checkpoint.Config, "transformer", "num_layers", options.Layers);
        GemmaConfigJson = Shortened(preset.TextEncoder.Files[GemmaConfigName], "text_config", "num_hidden_layers", options.GemmaLayers);
        ConfigSection gemmaRoot = ConfigSection.Parse(GemmaConfigJson.ToJsonString(), "the preset's text encoder");
        GemmaConfig gemma = GemmaConfig.Read(gemmaRoot);
        IReadOnlyList<ExpectedTensor> checkpoint = Schemas.Checkpoint(ConfigSection.Parse(checkpointConfig.ToJsonString(), "the preset's checkpoint"), gemma.HiddenSize, gemma.Layers);
        Add(preset.Checkpoint, checkpointConfig, Float8Form.Quantised(checkpoint, options.Float8Blocks));
        Add(preset.Upscaler, preset.Upscaler.Config, Schemas.Upsampler(ConfigSection.Parse(preset.Upscaler.Config.ToJsonString(), "the preset's upscaler")));
        foreach (ModelPreset.Lora lora in new[] { preset.DistilledLora, preset.InpaintAdapter }.OfType<ModelPreset.Lora>())
        {
            files.Add(new PlannedFile(lora.Name, LoraForm.Tensors(checkpoint, lora.Rank, new Regex(lora.Modules, RegexOptions.CultureInvariant)), lora.Metadata));
        }
        AddShards([.. Schemas.LanguageModel(gemma), .. gemmaRoot.Has("vision_config") ? Schemas.Vision(VisionConfig.Read(gemmaRoot)) : []]);
    }

    public ModelPreset Preset { get; }

    /// <summary>The text encoder's <c>config.json</c>.</summary>
    public JsonObject GemmaConfigJson { get; }

    public IReadOnlyList<PlannedFile> Files => files;

    /// <summary>Those of the text encoder.</summary>
    public IEnumerable<PlannedFile> Shards => files.Where(file => Path.GetDirectoryName(file.Path) == Preset.TextEncoder.Name);

    /// <summary>Bytes of all tensors.</summary>
    public long Length => files.Sum(file => file.Tensors.Sum(tensor => tensor.Length));

    private void Add(ModelPreset.File file, JsonObject config, IReadOnlyList<ExpectedTensor> tensors)
    {
        Dictionary<string, string> metadata = new(file.Metadata) { ["config"] = config.ToJsonString() };
        files.Add(new PlannedFile(file.Name, tensors, metadata));
    }

    // Each shard takes the next tensors as long as they fit, as huggingface/transformers cuts its files.
    private void AddShards(List<ExpectedTensor> tensors)
    {
        List<List<ExpectedTensor>> shards = [[]];
        long length = 0;
        foreach (ExpectedTensor tensor in tensors)
        {
            if (shards[^1].Count > 0 && length + tensor.Length > Preset.TextEncoder.ShardBytes)
            {
                shards.Add([]);
                length = 0;
            }
            shards[^1].Add(tensor);
            length += tensor.Length;
        }
        Dictionary<string, string> metadata = new() { ["format"] = "pt" };
        for (int i = 0; i < shards.Count; i++)
        {
            files.Add(new PlannedFile(Path.Combine(Preset.TextEncoder.Name, FormattableString.Invariant($"model-{i + 1:00000}-of-{shards.Count:00000}.safetensors")), shards[i], metadata));
        }
    }

    // The config of a model with another number of layers; null for as many as it has.
    private static JsonObject Shortened(JsonObject config, string section, string key, int? layers)
    {
        JsonObject copy = config.DeepClone().AsObject();
        if (layers is null) return copy;
        if (copy[section] is not JsonObject inner) throw new WeightsException($"The preset's config has no section \"{section}\".");
        inner[key] = layers;
        return copy;
    }
}
