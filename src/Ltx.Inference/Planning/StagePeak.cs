namespace Ltx.Inference.Planning;

/// <summary>The most that a stage holds on the card, in bytes.</summary>
/// <param name="Stage">which</param>
/// <param name="Weights">of all models that are on the card then</param>
/// <param name="Activations">tensors that live at the worst moment</param>
/// <param name="Workspace">what operators need beside them</param>
/// <param name="Slack">what the allocator holds and cannot use</param>
public sealed record StagePeak(InpaintStage Stage, long Weights, long Activations, long Workspace, long Slack)
{
    public long Total => Weights + Activations + Workspace + Slack;
}
