namespace Ltx.Training.Conditions;

/// <summary>What of a clip the model is given, and how often: from 0 for never to 1 for in every step.</summary>
/// <param name="Mask">the clip where its mask keeps it</param>
/// <param name="FirstFrame">the first frame</param>
/// <param name="Rectangle">a part of every frame; null for none</param>
/// <param name="Reference">the other clip that goes with it</param>
/// <param name="ReferenceDownscale">how many times smaller than the clip that one is</param>
/// <param name="ReferenceTemporalScale">how many times fewer frames a second it has</param>
public sealed record GivenConditions(
    double Mask = 0, double FirstFrame = 0, KeptRectangle? Rectangle = null, double Reference = 0, int ReferenceDownscale = 1, int ReferenceTemporalScale = 1)
{
    /// <summary>What a training gives.</summary>
    public static GivenConditions Of(TrainingOptions options) => new(
        Mask: options.Kind is TrainingKind.Inpaint or TrainingKind.MaskedVideoToVideo ? 1 : 0,
        FirstFrame: options.FirstFrame,
        Rectangle: options.Kind == TrainingKind.Outpaint ? options.Kept : null,
        Reference: options.Kind is TrainingKind.VideoToVideo or TrainingKind.MaskedVideoToVideo ? 1 : 0,
        options.ReferenceDownscale,
        options.ReferenceTemporalScale);
}
