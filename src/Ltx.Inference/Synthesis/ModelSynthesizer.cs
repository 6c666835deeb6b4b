using System.Text.Json;
using System.Text.Json.Nodes;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Synthesis;

/// <summary>
/// Makes a model folder of random weights in the exact form of a published one: names, types, shapes, metadata, Gemma's shards with
/// their index, <c>model.json</c>. What runs and fits with it runs and fits with the real one.
/// </summary>
public sealed class ModelSynthesizer
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly SynthesisPlan plan;
    private readonly long seed;

    /// <exception cref="WeightsException">A config of the preset, or an option, cannot be.</exception>
    public ModelSynthesizer(ModelPreset preset, SynthesisOptions options) => (plan, seed) = (new SynthesisPlan(preset, options), options.Seed);

    /// <summary>Bytes of all tensors.</summary>
    public long Length => plan.Length;

    /// <summary>Writes the folder; <c>model.json</c> last, so that an unfinished one is no model.</summary>
    /// <param name="folder">does not exist or is empty</param>
    /// <param name="models">the folder that the preset's tokenizer is below</param>
    /// <param name="progress">told from any thread</param>
    /// <exception cref="WeightsException">The folder cannot be used, or its disk is too small.</exception>
    public void Write(string folder, string models, Action<SynthesisProgress> progress, CancellationToken cancellation)
    {
        ModelPreset preset = plan.Preset;
        string full = Path.GetFullPath(folder);
        if (Path.Exists(full) && (File.Exists(full) || Directory.EnumerateFileSystemEntries(full).Any())) throw new WeightsException($"{full} is not an empty folder; nothing is written over.");
        string tokenizer = Path.Combine(models, preset.TextEncoder.Tokenizer), text = Path.Combine(full, preset.TextEncoder.Name);
        if (!File.Exists(Path.Combine(tokenizer, GemmaTokenizer.FileName))) throw new WeightsException($"The preset's tokenizer is not there: {tokenizer} has no {GemmaTokenizer.FileName}.");
        Directory.CreateDirectory(text);
        long free = new DriveInfo(full).AvailableFreeSpace;
        if (free < Length) throw new WeightsException(FormattableString.Invariant($"The disk of {full} has {free / 1e9:0.0} GB free, and the model takes {Length / 1e9:0.0} GB."));
        RandomValues values = new(seed);
        long done = 0;
        foreach (PlannedFile file in plan.Files)
        {
            SafetensorsWriter.Write(
                Path.Combine(full, file.Path), file.Tensors, file.Metadata, values,
                bytes => progress(new SynthesisProgress(file.Path, Interlocked.Add(ref done, bytes), Length)), cancellation);
        }
        foreach ((string name, JsonObject content) in preset.TextEncoder.Files) WriteJson(Path.Combine(text, name), name == SynthesisPlan.GemmaConfigName ? plan.GemmaConfigJson : content);
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
            ["short_side"] = preset.ShortSide,
        });
    }

    private JsonObject Index()
    {
        List<PlannedFile> shards = [.. plan.Shards];
        JsonObject map = [];
        foreach ((string name, string file) in shards.SelectMany(shard => shard.Tensors.Select(tensor => (tensor.Name, Path.GetFileName(shard.Path)))).OrderBy(pair => pair.Name, StringComparer.Ordinal)) map[name] = file;
        return new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = shards.Sum(shard => shard.Tensors.Sum(tensor => tensor.Length)) }, ["weight_map"] = map };
    }

    private static void WriteJson(string path, JsonObject content) => File.WriteAllText(path, content.ToJsonString(Indented) + "\n");
}
