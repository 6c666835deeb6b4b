namespace Ltx.Inference.Generation.Memory;

/// <summary>The most that a stage holds beside weights, in bytes.</summary>
/// <param name="Name">of the stage</param>
/// <param name="Peak">tensors and workspace</param>
/// <param name="Workspace">how much of it is workspace</param>
internal readonly record struct StageMemory(string Name, double Peak, double Workspace);
