using Ltx.Inference.Generation;
using Ltx.Inference.Measuring;
using Ltx.Inference.Synthesis;
using TorchSharp;

namespace Ltx.Server.Bench;

/// <summary>Random weights of a published model's form, made on the device: no files, nothing downloaded.</summary>
internal sealed class SyntheticModel(ModelPreset preset, int? layers) : IBenchModel
{
    private readonly ImaginedModel model = new(preset, layers);

    public string Name => $"synthetic ({preset.Description})";

    public IReadOnlyList<string> Notes => ["The weights are random numbers in the form of the published ones: times mean something, pictures do not."];

    public ModelArchitecture Architecture() => model.Architecture;

    public InpaintPipeline Open(torch.Device device, torch.ScalarType type) => throw new NotSupportedException("A synthetic model has a transformer alone; the command refuses requests of it.");

    public ForwardMeasure OpenForward(torch.Device device, torch.ScalarType type) => new(model.OpenCheckpoint(), device, type);
}
