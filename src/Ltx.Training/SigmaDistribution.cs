namespace Ltx.Training;

/// <summary>How noise levels are drawn.</summary>
public enum SigmaDistribution
{
    /// <summary>Mostly high ones, the more so the longer the clip is.</summary>
    ShiftedLogitNormal,

    /// <summary>All alike.</summary>
    Uniform,
}
