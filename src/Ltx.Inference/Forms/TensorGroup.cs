namespace Ltx.Inference.Forms;

/// <summary>Tensors of a file that differ in a number of their name only.</summary>
/// <param name="Name">with <c>{0-47}</c> where they differ</param>
/// <param name="Type">as the format names it</param>
/// <param name="Count">how many tensors</param>
/// <param name="Bytes">of all of them</param>
public sealed record TensorGroup(string Name, string Type, IReadOnlyList<long> Shape, int Count, long Bytes);
