using Ltx.Inference.Generation;
using Ltx.Inference.Measuring;
using TorchSharp;

namespace Ltx.Server.Bench;

/// <summary>A model to measure: one of files, or one of random numbers.</summary>
internal interface IBenchModel
{
    string Name { get; }

    /// <summary>What to know about figures of it.</summary>
    IReadOnlyList<string> Notes { get; }

    ModelArchitecture Architecture();

    InpaintPipeline Open(torch.Device device, torch.ScalarType type);

    /// <summary>Its transformer alone.</summary>
    ForwardMeasure OpenForward(torch.Device device, torch.ScalarType type);
}
