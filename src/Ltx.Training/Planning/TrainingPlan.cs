using Ltx.Inference.Costs;
using Ltx.Inference.Planning;

namespace Ltx.Training.Planning;

/// <summary>How a training is done on a card, in bytes.</summary>
/// <param name="Available">of the card, weights included</param>
/// <param name="Arrangement">what of the model is where</param>
/// <param name="Weights">of the model that are on the card</param>
/// <param name="Learned">the LoRA with its gradients and what the optimiser remembers</param>
/// <param name="Inputs">what is kept between blocks</param>
/// <param name="Block">what one block holds while gradients go through it</param>
/// <param name="Slack">what the allocator holds and cannot use</param>
/// <param name="PinnedHost">of host memory, for blocks that are streamed</param>
/// <param name="Tokens">of a step</param>
/// <param name="Work">operations of a step</param>
public sealed record TrainingPlan(
    long Available, MemoryArrangement Arrangement, long Weights, long Learned, long Inputs, long Block, long Slack, long PinnedHost, int Tokens, Operations Work)
{
    public long Total => Weights + Learned + Inputs + Block + Slack;

    public bool Fits => Total <= Available;
}
