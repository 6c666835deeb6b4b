using Ltx.Inference.Native;

namespace Ltx.Inference.Weights;

/// <summary>Where one tensor lies in a safetensors file.</summary>
/// <param name="Name">its name in the file</param>
/// <param name="Type">element type</param>
/// <param name="Shape">sizes, outermost first; empty for a 0-dimensional tensor</param>
/// <param name="Offset">bytes from the beginning of the file</param>
/// <param name="Length">bytes</param>
public sealed record TensorEntry(string Name, ElementType Type, long[] Shape, long Offset, long Length);
