namespace Ltx.Inference.Latents;

/// <summary>Something given that the result must follow. Conditionings are applied in order; those that add tokens add them at the end.</summary>
public interface ICondition
{
    LatentState Apply(LatentState state, VideoTarget target);
}
