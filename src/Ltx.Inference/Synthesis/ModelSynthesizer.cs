using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ltx.Inference.Forms;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.TextEncoder.Vision;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Synthesis;

/// <summary>
/// Makes a model folder of random weights in the exact form of a published one: names, types, shapes, metadata, Gemma's shards with
/// their index, <c>model.json</c>. What runs and fits with it runs and fits with the real one.
/// </summary>
public sealed class ModelSynthesizer
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly ModelPreset preset;
    private readonly SynthesisOptions options;
    private readonly JsonObject checkpointConfig, gemmaConfig;
    private readonly List<WeightsPlan> plans = [];

    /// <exception cref="WeightsException">A config of the preset, or an option, cannot be.</exception>
    public ModelSynthesizer(ModelPreset preset, SynthesisOptions options)
    {
        (this.preset, this.options) = (preset, options);
        if (options.Layers is < 1 || options.GemmaLayers is < 1 || options.Float8Blocks < 0) throw new WeightsException("A model has at least one layer, and not fewer than no blocks in float8.");
        checkpointConfig = Shortened(preset.Checkpoint.Config, "transformer", "num_layers", options.Layers);
        gemmaConfig = Shortened(preset.TextEncoder.Files["config.json"], "text_config", "num_hidden_layers", options.GemmaLayers);
        PlanWeights();
    }

    /// <summary>Bytes of all tensors.</summary>
    public long Length => plans.Sum(plan => plan.Tensors.Sum(tensor => tensor.Length));

    /// <summary>Writes the folder; <c>model.json</c> last, so that an unfinished one is no model.</summary>
    /// <param name="folder">does not exist or is empty</param>
    /// <param name="models">the folder that the preset's tokenizer is below</param>
    /// <param name="progress">told from any thread</param>
    /// <exception cref="WeightsException">The folder cannot be used, or its disk is too small.</exception>
    public void Write(string folder, string models, Action<SynthesisProgress> progress, CancellationToken cancellation)
    {
        string full = Path.GetFullPath(folder);
        if (Path.Exists(full) && (File.Exists(full) || Directory.EnumerateFileSystemEntries(full).Any())) throw new WeightsException($"{full} is not an empty folder; nothing is written over.");
        string tokenizer = Path.Combine(models, preset.TextEncoder.Tokenizer), text = Path.Combine(full, preset.TextEncoder.Name);
        if (!File.Exists(Path.Combine(tokenizer, GemmaTokenizer.FileName))) throw new WeightsException($"The preset's tokenizer is not there: {tokenizer} has no {GemmaTokenizer.FileName}.");
        Directory.CreateDirectory(text);
        long free = new DriveInfo(full).AvailableFreeSpace;
        if (free < Length) throw new WeightsException(FormattableString.Invariant($"The disk of {full} has {free / 1e9:0.0} GB free, and the model takes {Length / 1e9:0.0} GB."));
        RandomValues values = new(options.Seed);
        long done = 0;
        foreach (WeightsPlan plan in plans)
        {
            SafetensorsWriter.Write(
                Path.Combine(full, plan.Path), plan.Tensors, plan.Metadata, values,
                bytes => progress(new SynthesisProgress(plan.Path, Interlocked.Add(ref done, bytes), Length)), cancellation);
        }
        foreach ((string name, JsonObject content) in preset.TextEncoder.Files) WriteJson(Path.Combine(text, name), name == "config.json" ? gemmaConfig : content);
        WriteJson(Path.Combine(text, "model.safetensors.index.json"), Index());
        foreach (string name in (ReadOnlySpan<string>)[GemmaTokenizer.FileName, "tokenizer_config.json"]) File.Copy(Path.Combine(tokenizer, name), Path.Combine(text, name));
        WriteJson(Path.Combine(full, ModelFolder.FileName), new JsonObject
        {
            ["checkpoint"] = preset.Checkpoint.Name,
            ["upscaler"] = preset.Upscaler.Name,
            ["distilled_lora"] = preset.DistilledLora?.Name,
            ["inpaint_adapter"] = preset.InpaintAdapter?.Name,
            ["text_encoder"] = preset.TextEncoder.Name,
            // Random weights write nothing.
            ["prompt_expansion"] = false,
        });
    }

    private void PlanWeights()
    {
        ConfigSection gemmaRoot = ConfigSection.Parse(gemmaConfig.ToJsonString(), "the preset's text encoder");
        GemmaConfig gemma = GemmaConfig.Read(gemmaRoot);
        IReadOnlyList<ExpectedTensor> checkpoint = CheckpointForm.Tensors(ConfigSection.Parse(checkpointConfig.ToJsonString(), "the preset's checkpoint"), gemma.HiddenSize, gemma.Layers);
        Plan(preset.Checkpoint, checkpointConfig, Float8Form.Quantised(checkpoint, options.Float8Blocks));
        Plan(preset.Upscaler, preset.Upscaler.Config, UpsamplerForm.Tensors(ConfigSection.Parse(preset.Upscaler.Config.ToJsonString(), "the preset's upscaler")));
        foreach (ModelPreset.Lora lora in new[] { preset.DistilledLora, preset.InpaintAdapter }.OfType<ModelPreset.Lora>())
        {
            plans.Add(new WeightsPlan(lora.Name, [.. LoraForm.Tensors(checkpoint, lora.Rank, new Regex(lora.Modules, RegexOptions.CultureInvariant))], lora.Metadata));
        }
        PlanShards([.. GemmaForm.LanguageModel(gemma), .. gemmaRoot.Has("vision_config") ? GemmaForm.Vision(VisionConfig.Read(gemmaRoot)) : []]);
    }

    private void Plan(ModelPreset.File file, JsonObject config, IReadOnlyList<ExpectedTensor> tensors)
    {
        Dictionary<string, string> metadata = new(file.Metadata) { ["config"] = config.ToJsonString() };
        plans.Add(new WeightsPlan(file.Name, tensors, metadata));
    }

    // Each shard takes the next tensors as long as they fit, as huggingface/transformers cuts its files.
    private void PlanShards(List<ExpectedTensor> tensors)
    {
        List<List<ExpectedTensor>> shards = [[]];
        long length = 0;
        foreach (ExpectedTensor tensor in tensors)
        {
            if (shards[^1].Count > 0 && length + tensor.Length > preset.TextEncoder.ShardBytes)
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
            plans.Add(new WeightsPlan(Path.Combine(preset.TextEncoder.Name, FormattableString.Invariant($"model-{i + 1:00000}-of-{shards.Count:00000}.safetensors")), shards[i], metadata));
        }
    }

    private JsonObject Index()
    {
        List<WeightsPlan> shards = [.. plans.Where(plan => Path.GetDirectoryName(plan.Path) == preset.TextEncoder.Name)];
        JsonObject map = [];
        foreach ((string name, string file) in shards.SelectMany(shard => shard.Tensors.Select(tensor => (tensor.Name, Path.GetFileName(shard.Path)))).OrderBy(pair => pair.Name, StringComparer.Ordinal)) map[name] = file;
        return new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = shards.Sum(shard => shard.Tensors.Sum(tensor => tensor.Length)) }, ["weight_map"] = map };
    }

    /// <summary>The config of a model with another number of layers; null for as many as it has.</summary>
    internal static JsonObject Shortened(JsonObject config, string section, string key, int? layers)
    {
        JsonObject copy = config.DeepClone().AsObject();
        if (layers is null) return copy;
        if (copy[section] is not JsonObject inner) throw new WeightsException($"The preset's config has no section \"{section}\".");
        inner[key] = layers;
        return copy;
    }

    private static void WriteJson(string path, JsonObject content) => File.WriteAllText(path, content.ToJsonString(Indented) + "\n");

    private sealed record WeightsPlan(string Path, IReadOnlyList<ExpectedTensor> Tensors, IReadOnlyDictionary<string, string> Metadata);
}
