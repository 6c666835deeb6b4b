using Ltx.Inference.Weights;

namespace Ltx.Inference.Synthesis;

/// <summary>One safetensors file of a synthetic model.</summary>
/// <param name="Path">below the model's folder</param>
/// <param name="Tensors">all that is in it</param>
/// <param name="Metadata">the file's text metadata, the config included</param>
internal sealed record PlannedFile(string Path, IReadOnlyList<ExpectedTensor> Tensors, IReadOnlyDictionary<string, string> Metadata);
