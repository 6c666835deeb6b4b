using TorchSharp.Modules;

namespace Ltx.Training.Forward;

/// <summary>What of a model is trained.</summary>
internal interface ITrainedWeights : IDisposable
{
    /// <summary>By name, in an order that depends on the model alone.</summary>
    IReadOnlyList<TrainedWeight> Weights { get; }

    /// <summary>Whether noise levels and both ends of the streams are among them, so that gradients go through those, too.</summary>
    bool ReachEnds { get; }

    /// <summary>Lets the model compute with them, gradients recorded, until what comes back is disposed.</summary>
    IDisposable Attach();

    /// <summary>Writes what was learned as a file that others read.</summary>
    /// <param name="path">of the file</param>
    /// <param name="metadata">what the file says of itself</param>
    void Save(string path, IReadOnlyDictionary<string, string> metadata);
}

/// <summary>One tensor that is trained.</summary>
/// <param name="Name">in a file</param>
/// <param name="Values">float32; its gradients add up until they are used</param>
internal sealed record TrainedWeight(string Name, Parameter Values);
