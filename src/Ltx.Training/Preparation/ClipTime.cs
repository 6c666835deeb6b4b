using Ltx.Training.Data;

namespace Ltx.Training.Preparation;

/// <summary>How a clip's time becomes the frames that are trained with; its mask and its reference are read in the same time.</summary>
/// <param name="Reading">frames a second of the files' own time</param>
/// <param name="Training">frames a second that the result is said to have</param>
/// <param name="MostHeld">how many frames may be missing at the end</param>
internal sealed record ClipTime(double Reading, double Training, int MostHeld)
{
    // What files of one picture have in the reference (process_videos.py, 400fd31).
    private const double StillRate = 1;

    // Above it nothing is read.
    private const double FastestReading = 1000;

    // Rates that differ by less are written differently.
    private const double SameRate = 0.01;

    /// <param name="frames">that are trained with</param>
    /// <param name="notes">is given what its maker may not expect</param>
    /// <exception cref="DataSetException">There is no time to scale.</exception>
    public static ClipTime Of(IMediaFile clip, int frames, PreparationOptions options, List<string> notes)
    {
        if (clip.IsStill) return new ClipTime(StillRate, StillRate, 0);
        double wanted = options.FramesPerSecond;
        double rate = clip.FramesPerSecond ?? wanted;
        if (clip.FramesPerSecond is null) Note($"The clip does not say its frame rate; {wanted:0.###} frames a second are assumed.");
        if (!options.ScalesTime)
        {
            if (!IsSame(rate, wanted)) Note($"The clip has {rate:0.###} frames a second and is trained at that rate; {wanted:0.###} were asked for.");
            if (clip.Frames > frames) Note($"The clip has {clip.Frames} frames; what is used of it ends after {ClipVideo.Counted(frames)}.");
            return new ClipTime(rate, rate, 0);
        }
        if (clip.Frames is not (> 0 and var has)) throw new DataSetException("The clip does not say how long it is, so its time cannot be scaled.");
        double reading = frames * rate / has;
        if (reading > FastestReading) throw new DataSetException($"The clip has {ClipVideo.Counted(has)}, too few to be scaled to {frames}.");
        double seconds = has / rate, factor = seconds * wanted / frames;
        if (!IsSame(factor, 1)) Note($"The clip lasts {seconds:0.##} s and is played {factor:0.##} times as fast, to have {frames} frames.");
        // The file may end with the beginning of its last frame, and rounding takes one more.
        return new ClipTime(reading, wanted, (int)Math.Ceiling((double)frames / has) + 1);

        void Note(FormattableString sentence) => notes.Add(FormattableString.Invariant(sentence));
    }

    /// <summary>Whether two rates are one that was written differently.</summary>
    public static bool IsSame(double rate, double other) => Math.Abs(rate - other) <= SameRate * other;
}
