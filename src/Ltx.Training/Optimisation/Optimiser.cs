using Ltx.Training.Forward;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Ltx.Training.Optimisation;

/// <summary>AdamW with torch's defaults, behind a bound on the norm of all gradients together; TorchSharp's own, which are torch's to the last bit or so.</summary>
internal sealed class Optimiser : IDisposable
{
    private readonly IReadOnlyList<TrainedWeight> weights;
    private readonly AdamW adam;
    private readonly double largestNorm;

    /// <param name="weights">must outlive this</param>
    /// <param name="weightDecay">torch's 0.01 by default</param>
    /// <param name="largestNorm">of all gradients together; 0 for no bound</param>
    public Optimiser(IReadOnlyList<TrainedWeight> weights, double weightDecay, double largestNorm)
    {
        (this.weights, this.largestNorm) = (weights, largestNorm);
        adam = optim.AdamW(weights.Select(weight => weight.Values), weight_decay: weightDecay);
    }

    /// <summary>What it remembers of every weight, in their order: steps taken, mean of the gradients, mean of their squares.</summary>
    public IReadOnlyList<AdamW.State> Memory => [.. adam.state_dict().State.Cast<AdamW.State>()];

    /// <summary>Changes all weights by their gradients, and forgets those.</summary>
    /// <returns>the gradients' norm as it was</returns>
    public double Step(double learningRate)
    {
        using var scope = NewDisposeScope();
        // A weight without a gradient would not be decayed.
        foreach (TrainedWeight weight in weights) weight.Values.grad ??= zeros_like(weight.Values);
        double norm = nn.utils.clip_grad_norm_(weights.Select(weight => weight.Values), largestNorm > 0 ? largestNorm : double.PositiveInfinity);
        foreach (var group in adam.ParamGroups) group.LearningRate = learningRate;
        adam.step();
        adam.zero_grad();
        return norm;
    }

    public void Dispose() => adam.Dispose();
}
