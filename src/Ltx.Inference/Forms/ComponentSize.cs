namespace Ltx.Inference.Forms;

/// <summary>One component of a file, by the beginning of its tensors' names.</summary>
/// <param name="Types">what types its tensors have, with how many tensors have each</param>
public sealed record ComponentSize(string Name, int Tensors, long Parameters, long Bytes, IReadOnlyList<(string Type, int Count)> Types);
