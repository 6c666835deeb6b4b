using Ltx.Inference;

namespace Ltx.Server.Models;

/// <summary>A model that cannot be had or is not what it should be; the sentence says why, and what to do where something can be done.</summary>
internal sealed class ModelException(string message, Exception? cause = null) : InferenceException(Fault.Input, message, cause);
