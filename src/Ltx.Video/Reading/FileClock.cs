namespace Ltx.Video.Reading;

/// <summary>
/// One clock for a file's picture and its sound, though two runs of ffmpeg read them. ffmpeg counts from the beginning of the earliest stream that a run
/// uses, and mends jumps of a transport stream's clock by the streams that it uses. So each run uses all: those that it does not decode are copied to nowhere.
/// </summary>
internal static class FileClock
{
    // Streams of a file lie close together; only the distance of picture and sound in the file has to fit in here.
    private const double SlackSeconds = 5;

    /// <summary>A second output, to stand behind the arguments of the first.</summary>
    /// <param name="source">the file</param>
    /// <param name="decoded">number of the stream that the first output decodes</param>
    /// <param name="seconds">how much of the file the first output takes; null for all</param>
    public static string Output(MediaInfo source, int decoded, double? seconds)
    {
        var others = source.AudioStreams.Select(stream => stream.Index).Append(source.VideoIndex).Where(index => index != decoded).ToList();
        var end = seconds is { } asked ? FormattableString.Invariant($" -t {asked + SlackSeconds:0.###}") : string.Empty;
        return others.Count == 0 ? string.Empty : $"{string.Concat(others.Select(index => FormattableString.Invariant($" -map 0:{index}")))} -c copy{end} -f null -";
    }
}
