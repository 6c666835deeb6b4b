using Ltx.Inference.Generation;
using Ltx.Inference.Measuring;
using Ltx.Inference.Weights;
using TorchSharp;

namespace Ltx.Server.Bench;

/// <summary>A model folder.</summary>
internal sealed class FolderModel(string name, ModelFolder folder) : IBenchModel
{
    public string Name => name;

    public IReadOnlyList<string> Notes => [];

    public ModelArchitecture Architecture() => ModelArchitecture.Of(folder);

    public InpaintPipeline Open(torch.Device device, torch.ScalarType type) => new(folder, device, type);

    public ForwardMeasure OpenForward(torch.Device device, torch.ScalarType type) => new(Checkpoint.Open(folder.Checkpoint), device, type);
}
