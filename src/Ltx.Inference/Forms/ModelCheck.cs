using System.Globalization;
using Ltx.Inference.Lora;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.TextEncoder.Vision;
using Ltx.Inference.Upsampler;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Forms;

/// <summary>Checks the parts of a model folder against each other: headers, configs, and every tensor's name, shape and type. Reads no weights.</summary>
public static class ModelCheck
{
    /// <summary>All parts, each with all its faults: one broken file does not hide another.</summary>
    public static IReadOnlyList<PartReport> Examine(ModelFolder folder)
    {
        GemmaConfig? gemma = null;
        IReadOnlyList<ExpectedTensor>? checkpoint = null;
        ConfigSection? config = null;
        PartReport text = Guard("text_encoder", folder.TextEncoder, faults => TextEncoder(folder.TextEncoder, faults, out gemma));
        PartReport monolith = Guard("checkpoint", folder.Checkpoint, faults => Checkpoint(folder.Checkpoint, gemma, faults, out config, out checkpoint));
        List<PartReport> reports = [monolith, Guard("upscaler", folder.Upscaler, faults => Upscaler(folder.Upscaler, config, faults))];
        if (folder.DistilledLora is { } distilled) reports.Add(Guard("distilled_lora", distilled, faults => Lora(distilled, checkpoint, faults)));
        if (folder.InpaintAdapter is { } adapter) reports.Add(Guard("inpaint_adapter", adapter, faults => Lora(adapter, checkpoint, faults)));
        return [.. reports, text];
    }

    /// <summary>All tensors that a folder's checkpoint has to have, by its own config and its text encoder's.</summary>
    /// <exception cref="WeightsException">One of the two cannot be read.</exception>
    public static IReadOnlyList<ExpectedTensor> CheckpointTensors(ModelFolder folder)
    {
        using Weights.Checkpoint checkpoint = Weights.Checkpoint.Open(folder.Checkpoint);
        GemmaConfig gemma = GemmaConfig.Read(JsonFile.Read(Path.Combine(folder.TextEncoder, "config.json")));
        return Schemas.Checkpoint(checkpoint.Config, gemma.HiddenSize, gemma.Layers);
    }

    private static PartReport Guard(string part, string path, Func<List<string>, string> examine)
    {
        List<string> faults = [];
        try
        {
            string facts = examine(faults);
            return new PartReport(part, path, facts, faults);
        }
        catch (WeightsException e)
        {
            return new PartReport(part, path, "", [.. faults, e.Message]);
        }
    }

    private static string Checkpoint(string path, GemmaConfig? gemma, List<string> faults, out ConfigSection? understood, out IReadOnlyList<ExpectedTensor>? expected)
    {
        (understood, expected) = (null, null);
        using TensorArchive archive = TensorArchive.Open(path);
        string text = archive.Files[0].Metadata.GetValueOrDefault("config") ?? throw new WeightsException($"{path} is no LTX checkpoint: its metadata has no config.");
        ConfigSection config = ConfigSection.Parse(text, path);
        if (gemma is null) throw new WeightsException($"{path} cannot be held against a text encoder that cannot be read.");
        expected = Schemas.Checkpoint(config, gemma.HiddenSize, gemma.Layers);
        understood = config;
        Add(faults, path, [.. PartsFit.Faults(config), .. FormCheck.Faults(archive, expected)]);
        return Facts(archive, archive.Files[0].Metadata.GetValueOrDefault("model_version") is { } version ? $"version {version}" : null);
    }

    private static string Upscaler(string path, ConfigSection? checkpoint, List<string> faults)
    {
        using TensorArchive archive = TensorArchive.Open(path);
        string text = archive.Files[0].Metadata.GetValueOrDefault("config") ?? throw new WeightsException($"{path} is no latent upsampler: its metadata has no config.");
        ConfigSection config = ConfigSection.Parse(text, path);
        // What cannot be understood is said of the checkpoint.
        if (checkpoint is not null) Add(faults, path, PartsFit.Faults(LatentUpsamplerConfig.Read(config), checkpoint));
        Add(faults, path, FormCheck.Faults(archive, Schemas.Upsampler(config)));
        return Facts(archive, null);
    }

    private static string Lora(string path, IReadOnlyList<ExpectedTensor>? checkpoint, List<string> faults)
    {
        LoraInspection lora = LoraInspection.Of(path, checkpoint);
        if (checkpoint is not null && lora.Unmatched.Count > 0) faults.Add($"{path} has {lora.Unmatched.Count} modules that match no layer of the checkpoint, the first is \"{lora.Unmatched[0]}\".");
        if (lora.Misshapen is { } misshapen) faults.Add($"{path}: {misshapen}");
        return lora.Summary;
    }

    private static string TextEncoder(string folder, List<string> faults, out GemmaConfig? gemma)
    {
        gemma = null;
        ConfigSection root = JsonFile.Read(Path.Combine(folder, "config.json"));
        GemmaConfig config = gemma = GemmaConfig.Read(root);
        GemmaTokenizer tokenizer = GemmaTokenizer.Open(Path.Combine(folder, GemmaTokenizer.FileName));
        if (tokenizer.Count > config.VocabularySize) faults.Add($"{folder}: the tokenizer has {tokenizer.Count} ids, and the model only {config.VocabularySize}.");
        using TensorArchive archive = TensorArchive.OpenFolder(folder);
        string prefix = Array.Find(GemmaWeights.Prefixes, candidate => archive.Contains($"{candidate}.norm.weight")) ?? GemmaWeights.Prefixes[0];
        IReadOnlyList<ExpectedTensor> expected = Schemas.LanguageModel(config, prefix);
        IReadOnlyList<ExpectedTensor> vision = Vision(root, archive);
        // Where there is a vision tower, it is all there and nothing else is.
        IReadOnlyList<string> others = vision.Count == 0 ? GemmaWeights.Ignored : [.. GemmaWeights.Ignored.Except([.. GemmaWeights.Sight])];
        Add(faults, archive.Name, FormCheck.Faults(archive, [.. expected, .. vision], others));
        return Facts(archive, $"{config.Layers} layers of {config.HiddenSize}, {tokenizer.Count} tokens, {(vision.Count == 0 ? "no" : "with a")} vision tower");
    }

    // Not every file has one, and a model is complete without.
    private static IReadOnlyList<ExpectedTensor> Vision(ConfigSection root, TensorArchive archive)
    {
        string? Found(string[] prefixes) => Array.Find(prefixes, prefix => archive.Names.Any(name => name.StartsWith(prefix, StringComparison.Ordinal)));
        return root.Has("vision_config") && Found(ImageEncoder.TowerPrefixes) is { } tower
            ? Schemas.Vision(VisionConfig.Read(root), tower, Found(ImageEncoder.ProjectorPrefixes))
            : [];
    }

    private static void Add(List<string> faults, string path, IEnumerable<string> found) => faults.AddRange(found.Select(fault => $"{path} {fault}"));

    private static string Facts(TensorArchive archive, string? more)
    {
        long bytes = archive.Files.Sum(file => new FileInfo(file.Path).Length);
        string files = archive.Files.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" in {archive.Files.Count} files");
        return string.Create(CultureInfo.InvariantCulture, $"{archive.Names.Count} tensors{files}, {bytes / 1e9:0.00} GB{(more is null ? "" : $", {more}")}");
    }
}
