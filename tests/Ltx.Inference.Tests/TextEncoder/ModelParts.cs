using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.TextEncoder;

/// <summary>A model folder, the golden one unless another is named, and its checkpoint, open.</summary>
internal sealed class ModelParts : IDisposable
{
    public ModelParts(string? folder = null)
    {
        Model = ModelFolder.Open(folder ?? Path.Combine(Repository.Goldens, "model"));
        Checkpoint = Checkpoint.Open(Model.Checkpoint);
    }

    public ModelFolder Model { get; }

    public Checkpoint Checkpoint { get; }

    public void Dispose() => Checkpoint.Dispose();
}
