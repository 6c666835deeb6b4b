using Ltx.Inference;
using Ltx.Inference.Native;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ltx.Training.Forward;

/// <summary>All weights of the video stream, trained as they are: for models small enough that float32 and twice as much beside it fit.</summary>
internal sealed class AllWeights : ITrainedWeights
{
    private readonly LtxTransformer model;
    private readonly List<TrainedWeight> weights;

    /// <param name="model">in float32 or wider, all of it on the device; its numbers change</param>
    /// <exception cref="TrainingException">It computes with rounded numbers, or is streamed.</exception>
    public AllWeights(LtxTransformer model)
    {
        if (model.Type == ScalarType.BFloat16 || model.StreamedBlocks > 0)
        {
            throw new TrainingException(Fault.Input, "All weights can be trained only of a model that computes in float32 and is wholly on the device.");
        }
        this.model = model;
        // The audio stream and what is between the two have no part in a pass of the video stream by itself.
        weights = [.. model.Weights.Named.Where(weight => !IsAudio(weight.Key)).OrderBy(weight => weight.Key, StringComparer.Ordinal)
            .Select(weight => new TrainedWeight(weight.Key, Trained(weight.Value)))];
    }

    public IReadOnlyList<TrainedWeight> Weights => weights;

    public bool ReachEnds => true;

    public IDisposable Attach()
    {
        SetGradients(true);
        return new Attachment(this);
    }

    /// <summary>The model's own file with these numbers in place of its own, each in the file's type.</summary>
    public void Save(string path, IReadOnlyDictionary<string, string> metadata)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        model.Weights.SaveChanged(path, weights.ToDictionary(weight => weight.Name, weight => (Tensor)weight.Values, StringComparer.Ordinal), metadata);
    }

    public void Dispose()
    {
        SetGradients(false);
        foreach (TrainedWeight weight in weights) weight.Values.Dispose();
        weights.Clear();
    }

    private static bool IsAudio(string name) => new[] { "audio", "av_ca_", "a2v" }.Any(part => name.Contains(part, StringComparison.Ordinal));

    // The layer's own tensor, under an object that the optimiser takes. Numbers may lie in the file itself, where nobody may write: they get a place of their own.
    private static Parameter Trained(Tensor values)
    {
        using var noGradient = no_grad();
        using Tensor copy = values.clone();
        values.set_(copy);
        return (Parameter)new Parameter(Operators.Same(values)).DetachFromDisposeScope();
    }

    private void SetGradients(bool wanted)
    {
        foreach (TrainedWeight weight in weights) weight.Values.requires_grad = wanted;
    }

    private sealed class Attachment(AllWeights weights) : IDisposable
    {
        public void Dispose() => weights.SetGradients(false);
    }
}
