namespace Ltx.Video;

/// <summary>What is wrong with a file of the user's.</summary>
public enum MediaProblem
{
    /// <summary>It is not of a kind that is read here, or not of the kind that is needed.</summary>
    Format,

    /// <summary>It is a video that cannot be decoded to the end.</summary>
    Damaged,

    /// <summary>It is a picture that cannot be decoded.</summary>
    DamagedPicture,

    /// <summary>A side has too few pixels.</summary>
    TooSmall,

    /// <summary>It has too many pixels.</summary>
    TooLarge,

    /// <summary>A side has more pixels than can be written.</summary>
    TooLong,

    /// <summary>Reading it takes more memory than pictures of its size have to.</summary>
    Memory,

    /// <summary>It can be read, but what it shows cannot be meant.</summary>
    Content,
}
