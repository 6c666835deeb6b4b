using System.Text.Json.Nodes;
using Ltx.Inference.Forms;
using Ltx.Inference.Measuring;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Synthesis;

/// <summary>
/// A model of a preset's architecture that is nowhere on disk: its tensors have the names, types and shapes of the published files, and random
/// numbers that are made where they are computed with. For measuring.
/// </summary>
public sealed class ImaginedModel
{
    private readonly ModelPreset preset;
    private readonly JsonObject checkpointConfig;
    private readonly IReadOnlyList<ExpectedTensor> tensors;

    /// <param name="preset">of what form</param>
    /// <param name="layers">blocks of the transformer; null for as many as the preset has</param>
    /// <exception cref="WeightsException">A config of the preset, or the number of blocks, cannot be.</exception>
    public ImaginedModel(ModelPreset preset, int? layers)
    {
        if (layers is < 1) throw new WeightsException("A model has at least one block.");
        this.preset = preset;
        checkpointConfig = ModelSynthesizer.Shortened(preset.Checkpoint.Config, "transformer", "num_layers", layers);
        ConfigSection checkpoint = Parsed(checkpointConfig), gemma = Parsed(preset.TextEncoder.Files["config.json"]);
        Architecture = new ModelArchitecture(checkpoint, gemma, Parsed(preset.Upscaler.Config));
        tensors = CheckpointForm.Tensors(checkpoint, Architecture.Gemma.HiddenSize, Architecture.Gemma.Layers);
    }

    public ModelArchitecture Architecture { get; }

    public Checkpoint OpenCheckpoint()
    {
        Dictionary<string, ExpectedTensor> forms = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        // Offsets into a file that is not there.
        IEnumerable<TensorEntry> entries = tensors.Select(tensor => new TensorEntry(tensor.Name, tensor.Type, tensor.Shape, 0, tensor.Length));
        Dictionary<string, string> metadata = new(preset.Checkpoint.Metadata) { ["config"] = checkpointConfig.ToJsonString() };
        TensorArchive archive = TensorArchive.Of(SafetensorsFile.Imagined(preset.Checkpoint.Name, entries, metadata));
        archive.Reader = device => new RandomReader(forms, device);
        return Checkpoint.Of(archive);
    }

    private ConfigSection Parsed(JsonObject config) => ConfigSection.Parse(config.ToJsonString(), $"the preset \"{preset.Description}\"");
}
