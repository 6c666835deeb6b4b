using Ltx.Inference.Generation;
using static TorchSharp.torch;

namespace Ltx.Training.Preparation;

/// <summary>
/// How much less of a reference there is than of the clip that is made from it (process_videos.py, compute_scaled_resolution_buckets and
/// _compute_temporal_subsample_indices, 400fd31).
/// </summary>
/// <param name="Spatial">how many times smaller its sides are</param>
/// <param name="Temporal">how many times fewer frames it has behind the first</param>
internal sealed record ReferenceScale(int Spatial = 1, int Temporal = 1)
{
    public static ReferenceScale One { get; } = new();

    /// <exception cref="Ltx.Inference.InferenceException">A factor is none.</exception>
    public void Check()
    {
        if (Spatial >= 1 && Temporal >= 1) return;
        throw TrainingSize.Wrong($"A reference cannot be {Spatial} times smaller with {Temporal} times fewer frames: both must be at least 1.");
    }

    /// <summary>The first frame, then every so many-th from the second on.</summary>
    /// <param name="video">[1, 3, F, H, W]</param>
    public Tensor Subsample(Tensor video) => ClipTensors.Subsample(video, 2, Temporal);
}
