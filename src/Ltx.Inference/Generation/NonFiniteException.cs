using Ltx.Inference.Planning;

namespace Ltx.Inference.Generation;

/// <summary>A stage has computed numbers that are not finite. Nothing of the kind goes on to the next stage.</summary>
public sealed class NonFiniteException(InpaintStage stage)
    : InferenceException(Fault.Internal, $"The stage \"{stage.Name()}\" gave numbers that are not finite; the weights or the numeric type are not fit for this clip.");
