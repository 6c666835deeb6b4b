using Ltx.Inference.Generation;

namespace Ltx.Server.Fal;

/// <summary>One LoRA of a request: where it is, how strong, and in which of the two stages.</summary>
internal sealed record LoraInput(string Path, double Scale, LoraStages Stages);
