using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.TextEncoder;

/// <summary>The golden model, open.</summary>
internal sealed class ModelParts : IDisposable
{
    public ModelFolder Model { get; } = ModelFolder.Open(Path.Combine(Repository.Goldens, "model"));

    public Checkpoint Checkpoint { get; } = Checkpoint.Open(Path.Combine(Repository.Goldens, "model", "ltx-2.3-tiny.safetensors"));

    public void Dispose() => Checkpoint.Dispose();
}
