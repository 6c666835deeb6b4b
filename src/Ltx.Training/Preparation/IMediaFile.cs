namespace Ltx.Training.Preparation;

/// <summary>A video or a picture that has been looked at. All of its methods refuse as <see cref="ITrainingMedia.Probe"/> does.</summary>
internal interface IMediaFile
{
    /// <summary>Pixels of a frame as they are given: the displayed size, upright and in square pixels.</summary>
    int Width { get; }

    /// <summary>See <see cref="Width"/>.</summary>
    int Height { get; }

    /// <summary>A picture: one frame and no time.</summary>
    bool IsStill { get; }

    /// <summary>How many frames the file says that it has, at its own rate; null where it does not say.</summary>
    long? Frames { get; }

    /// <summary>Its own average rate; null where it does not say, and for a picture.</summary>
    double? FramesPerSecond { get; }

    /// <summary>The first frames, one after the other.</summary>
    /// <param name="most">how many at most</param>
    /// <param name="framesPerSecond">of the file's own time: frames are repeated or left out to have that many; of no meaning for a picture</param>
    /// <returns>[Height, Width, 3] bytes each, red first; less than asked for where the file ends</returns>
    IEnumerable<byte[]> Read(int most, double framesPerSecond, CancellationToken cancellation);

    /// <summary>The same of a mask, at once.</summary>
    MaskPictures ReadMask(int most, double framesPerSecond, CancellationToken cancellation);
}

/// <summary>A mask as it is in its file.</summary>
/// <param name="Frames">[Height, Width] bytes each, 255 for white; at least one</param>
/// <param name="Notes">what was made of an unusual one, in sentences</param>
internal sealed record MaskPictures(IReadOnlyList<byte[]> Frames, IReadOnlyList<string> Notes);
