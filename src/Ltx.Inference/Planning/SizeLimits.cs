namespace Ltx.Inference.Planning;

/// <summary>How large a clip may be worked on.</summary>
/// <param name="Pixels">of a frame, before it comes onto the grid</param>
/// <param name="ModelShortSide">what the model was made for, beyond which nothing is enlarged; null where it does not say</param>
internal readonly record struct SizeLimits(long Pixels, int? ModelShortSide)
{
    /// <summary>The largest frame that is worked on where nobody says otherwise: the hosted endpoint's, on the grid.</summary>
    public const long MostPixels = 1920 * 1088;
}
