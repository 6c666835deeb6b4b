namespace Ltx.Inference.Sampling;

/// <summary>
/// How far one stream is pushed away from worse predictions. Source: ltx_core/components/guiders.py, MultiModalGuider (400fd31).
/// </summary>
/// <param name="Text">away from the negative prompt (classifier-free guidance); 1 is off</param>
/// <param name="Perturbed">away from a pass with blocks left out (spatio-temporal guidance); 0 is off</param>
/// <param name="PerturbedBlocks">those blocks</param>
/// <param name="Modality">away from a pass in which the streams do not see each other; 1 is off</param>
/// <param name="Rescale">how far the result's deviation is brought back to the plain prediction's; 0 is off</param>
public sealed record GuidanceParameters(double Text = 1, double Perturbed = 0, IReadOnlyList<int>? PerturbedBlocks = null, double Modality = 1, double Rescale = 0)
{
    /// <summary>No guidance: one pass an evaluation.</summary>
    public static GuidanceParameters None { get; } = new();

    public bool UsesNegativePrompt => Text != 1;

    public bool UsesPerturbed => Perturbed != 0;

    public bool UsesModality => Modality != 1;
}
