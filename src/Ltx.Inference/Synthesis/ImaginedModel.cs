using Ltx.Inference.Native;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Synthesis;

/// <summary>
/// A model of a preset's architecture that is nowhere on disk: its files have the names, types and shapes of the published ones, and random
/// numbers that are made where they are computed with. For measuring. The tokenizer alone is a file, and one that comes with the project.
/// </summary>
public sealed class ImaginedModel : IModelFiles
{
    private readonly SynthesisPlan plan;
    private readonly RandomTensors numbers;

    /// <param name="preset">of what form</param>
    /// <param name="options">what differs from it</param>
    /// <param name="models">the folder that the preset's tokenizer is below</param>
    /// <exception cref="WeightsException">A config of the preset, or an option, cannot be.</exception>
    public ImaginedModel(ModelPreset preset, SynthesisOptions options, string models)
    {
        plan = new SynthesisPlan(preset, options);
        numbers = new RandomTensors(options.Seed);
        // Random weights write nothing, so there is no prompt expansion.
        Folder = new ModelFolder("imagined", preset.Checkpoint.Name, preset.Upscaler.Name, preset.DistilledLora?.Name, preset.InpaintAdapter?.Name, preset.TextEncoder.Name, PromptExpansion: false)
        {
            ShortSide = preset.ShortSide,
            Files = this,
            Tokenizer = Path.Combine(models, preset.TextEncoder.Tokenizer, GemmaTokenizer.FileName),
        };
    }

    /// <summary>The model as every other one is opened.</summary>
    public ModelFolder Folder { get; }

    /// <summary>Bytes that its weights take where they are all held.</summary>
    /// <param name="type">what is computed in</param>
    /// <param name="transformerAlone">whether nothing else of it is asked for</param>
    public long Bytes(ScalarType type, bool transformerAlone)
    {
        PlannedFile checkpoint = plan.Files.First(file => file.Path == Folder.Checkpoint);
        IEnumerable<ExpectedTensor> tensors = transformerAlone
            ? checkpoint.Tensors.Where(tensor => tensor.Name.StartsWith(LtxTransformer.Prefix, StringComparison.Ordinal) && !tensor.Name.Contains("_embeddings_connector.", StringComparison.Ordinal))
            // LoRAs come and go tensor by tensor, and nobody asks for Gemma's eyes.
            : checkpoint.Tensors.Concat(plan.Files.First(file => file.Path == Folder.Upscaler).Tensors)
                .Concat(plan.Shards.SelectMany(shard => shard.Tensors).Where(tensor => tensor.Name.StartsWith(GemmaWeights.Prefixes[0], StringComparison.Ordinal)));
        return tensors.Sum(tensor => tensor.Type == ElementType.BFloat16 && tensor.Role != TensorRole.Embedding ? tensor.Elements * ((ElementType)type).Size() : tensor.Length);
    }

    SafetensorsFile IModelFiles.Open(string path) => Imagined(plan.Files.First(file => file.Path == path));

    TensorArchive IModelFiles.OpenFolder(string folder) => TensorArchive.Of(folder, [.. plan.Shards.Select(Imagined)]);

    ConfigSection IModelFiles.ReadConfig(string path) => ConfigSection.Parse(plan.GemmaConfigJson.ToJsonString(), path);

    private SafetensorsFile Imagined(PlannedFile file)
    {
        Dictionary<string, ExpectedTensor> forms = file.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        // Offsets into a file that is not there.
        IEnumerable<TensorEntry> entries = file.Tensors.Select(tensor => new TensorEntry(tensor.Name, tensor.Type, tensor.Shape, 0, tensor.Length));
        return SafetensorsFile.Imagined(file.Path, entries, file.Metadata, (entry, device) => numbers.Make(forms[entry.Name], device));
    }
}
