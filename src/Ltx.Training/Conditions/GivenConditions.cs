namespace Ltx.Training.Conditions;

/// <summary>What of a clip the model is given, and how often: from 0 for never to 1 for in every step.</summary>
/// <param name="Mask">the clip where its mask keeps it</param>
/// <param name="FirstFrame">the first frame</param>
/// <param name="Rectangle">a part of every frame; null for none</param>
/// <param name="Reference">the other clip that goes with it</param>
/// <param name="ReferenceDownscale">how many times smaller than the clip that one is</param>
/// <param name="ReferenceTemporalScale">how many times fewer frames a second it has</param>
public sealed record GivenConditions(
    double Mask = 0, double FirstFrame = 0, KeptRectangle? Rectangle = null, double Reference = 0, int ReferenceDownscale = 1, int ReferenceTemporalScale = 1);
