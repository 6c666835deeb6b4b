using Ltx.Inference;

namespace Ltx.Training;

/// <summary>A training that cannot begin, go on or end, with one sentence for a person.</summary>
public sealed class TrainingException(Fault fault, string message, Exception? cause = null) : InferenceException(fault, message, cause);
