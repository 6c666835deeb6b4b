namespace Ltx.Video;

/// <summary>How a frame comes to the size that was asked for.</summary>
public enum FrameFit
{
    /// <summary>
    /// Where it is larger by at most the last column and the last row, these are cut off and nothing is resampled; otherwise as
    /// <see cref="Stretch"/>. Right for a source and also for its mask: one of the source's own odd size stays aligned.
    /// </summary>
    CropOdd,

    /// <summary>Scaled (Lanczos) to exactly the size, whatever that does to the aspect.</summary>
    Stretch,
}
