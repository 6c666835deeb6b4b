namespace Ltx.Video.Processes;

/// <summary>Turns a failed run of ffmpeg into a sentence for a person.</summary>
internal static class FfmpegFailure
{
    private const StringComparison Letters = StringComparison.OrdinalIgnoreCase;

    // What a shell says of a program that it could not run.
    private static readonly int[] NotRun = [126, 127];

    // 128 and the signal that ended the program: ILL, ABRT, BUS, FPE, KILL, SEGV, SYS. ffmpeg's own codes of errors of files are others.
    private static readonly int[] Crashed = [132, 134, 135, 136, 137, 139, 159];

    /// <summary>Reading a user's file failed. The file is blamed unless ffmpeg's last words blame this machine.</summary>
    public static MediaException WhileReading(string role, ChildResult result, MediaKind kind, MediaLimits limits)
    {
        if (OfThisMachine(result) is { } ours)
        {
            return ours;
        }

        var (problem, rest) = SaysTooLarge(result)
            ? (MediaProblem.TooLarge, $"has pictures of more than {limits.MaxSourcePixels} pixels, and no larger ones are allowed")
            : (kind == MediaKind.StillImage ? MediaProblem.DamagedPicture : MediaProblem.Damaged, "is damaged or incomplete, and could not be decoded to the end; repair or re-encode it");
        return MediaException.Input(problem, role, rest, result.LastWords, result.ExitCode);
    }

    /// <summary>The same of a file that has been looked at.</summary>
    public static MediaException WhileReading(MediaInfo source, ChildResult result) => WhileReading(source.Role, result, source.Kind, source.Limits);

    /// <summary>More frames than may be concealed could not be decoded.</summary>
    /// <param name="role">What the file is to the user.</param>
    /// <param name="rate">Of the frames.</param>
    /// <param name="damaged">Their numbers.</param>
    /// <param name="whole">Frames of the clip, were it whole.</param>
    /// <param name="most">Frames that may be concealed.</param>
    /// <param name="result">For the log.</param>
    public static MediaException TooDamaged(string role, FrameRate rate, IReadOnlyList<int> damaged, int whole, int most, ChildResult result) =>
        OfThisMachine(result)
        ?? MediaException.Input(
            MediaProblem.Damaged,
            role,
            FormattableString.Invariant($"is damaged or incomplete: {damaged.Count} of its {whole} frames cannot be decoded ({FramePlaces.Text(damaged, rate)}), ")
                + FormattableString.Invariant($"and at most {most} may be concealed; repair or re-encode it"),
            result.LastWords,
            result.ExitCode);

    /// <summary>The same for a sound track, which a user may do without.</summary>
    public static MediaException WhileReadingSound(string role, ChildResult result) =>
        OfThisMachine(result)
        ?? MediaException.Input(
            MediaProblem.Damaged, role, "is damaged or of an unknown kind; repair or re-encode it, or ask for a result without sound", result.LastWords, result.ExitCode);

    /// <summary>A picture has more pixels than <c>-max_pixels</c>; ffprobe says so and still exits with 0.</summary>
    public static bool SaysTooLarge(ChildResult result) => result.LastWords.Contains("max pixel count", Letters);

    /// <summary>Writing our own result failed, which is never the user's fault.</summary>
    public static MediaException WhileWriting(ChildResult result) =>
        OfThisMachine(result)
        ?? new MediaException(
            MediaFault.Server, $"ffmpeg could not write the result (exit code {result.ExitCode}).", result.LastWords, result.ExitCode);

    private static MediaException? OfThisMachine(ChildResult result)
    {
        var words = result.LastWords;
        var sentence =
            words.Contains("No space left on device", Letters) || words.Contains("Disk quota exceeded", Letters)
                ? "There is no room left on the disk for the result."
            : words.Contains("Cannot allocate memory", Letters)
                ? "There was not enough memory for ffmpeg."
            : words.Contains("No such filter: 'zscale'", Letters) || words.Contains("No such filter: 'tonemap'", Letters)
                ? "This ffmpeg cannot convert HDR or wide-gamut colours: install one that was built with libzimg (zscale) and the tonemap filter."
            : words.Contains("Unknown encoder", Letters)
                ? "This ffmpeg lacks an encoder that is needed: install one that was built with libx264 and AAC."
            : words.Contains("Unknown decoder", Letters)
                ? "This ffmpeg lacks a decoder that is needed: install one that was built with libvpx."
            : words.Contains("Unrecognized option", Letters) || words.Contains("Option not found", Letters)
                ? "This ffmpeg is too old: install version 5.1 or later."
            : NotRun.Contains(result.ExitCode)
                ? "ffmpeg does not run on this machine; install version 5.1 or later."
            : Crashed.Contains(result.ExitCode)
                ? FormattableString.Invariant($"ffmpeg crashed (exit code {result.ExitCode}).")
            : null;
        return sentence is null ? null : new MediaException(MediaFault.Server, sentence, words, result.ExitCode);
    }
}
