namespace Ltx.Inference.Planning;

/// <summary>The most that a stage holds beside weights, in bytes.</summary>
/// <param name="Stage">which</param>
/// <param name="Peak">tensors and workspace</param>
/// <param name="Workspace">how much of it is workspace</param>
internal readonly record struct StageMemory(InpaintStage Stage, double Peak, double Workspace);
