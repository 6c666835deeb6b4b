using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Sampling;

/// <summary>Combines the predictions of several passes. Source: ltx_core/components/guiders.py (400fd31).</summary>
internal static class Guidance
{
    /// <summary>The guided prediction, computed in float32 and returned in the type of <paramref name="plain"/>. Passes that were not made are null.</summary>
    internal static Tensor Combine(GuidanceParameters parameters, Tensor plain, Tensor? negative, Tensor? perturbed, Tensor? isolated)
    {
        using var scope = NewDisposeScope();
        Tensor condition = plain.AtLeastFloat32(), guided = condition;
        void Push(double by, Tensor? away)
        {
            if (by != 0 && away is not null) guided = guided + by * (condition - away.AtLeastFloat32());
        }

        Push(parameters.Text - 1, negative);
        Push(parameters.Perturbed, perturbed);
        Push(parameters.Modality - 1, isolated);
        if (parameters.Rescale != 0) guided = guided * (parameters.Rescale * (condition.std() / guided.std()) + (1 - parameters.Rescale));
        return guided.to(plain.dtype).MoveToOuterDisposeScope();
    }
}
