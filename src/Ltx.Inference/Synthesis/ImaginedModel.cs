using Ltx.Inference.Forms;
using Ltx.Inference.TextEncoder;
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
            Files = this,
            Tokenizer = Path.Combine(models, preset.TextEncoder.Tokenizer, GemmaTokenizer.FileName),
        };
    }

    /// <summary>The model as every other one is opened.</summary>
    public ModelFolder Folder { get; }

    /// <summary>Bytes of all its tensors.</summary>
    public long Length => plan.Length;

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
