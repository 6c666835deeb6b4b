using FFMpegCore;

namespace Ltx.Video.Processes;

/// <summary>The parts that every command line has, whatever it is for.</summary>
internal static class FfmpegArgument
{
    /// <summary>A pipe as ffmpeg names its own standard input and output.</summary>
    public const string StandardInput = "pipe:0";

    /// <inheritdoc cref="StandardInput"/>
    public const string StandardOutput = "pipe:1";

    /// <summary>
    /// An absolute path behind <c>file:</c>: a name that begins with "-" is then no option, and one such as "concat:a|b" no protocol.
    /// FFMpegCore puts it between quotation marks, so quotation marks and a backslash before one are escaped here.
    /// </summary>
    public static string File(string path)
    {
        var text = new System.Text.StringBuilder("file:");
        var backslashes = 0;
        foreach (var letter in Path.GetFullPath(path))
        {
            if (letter == '"')
            {
                // The rule of Windows command lines: backslashes count double only before a quotation mark.
                text.Append('\\', backslashes + 1);
            }

            backslashes = letter == '\\' ? backslashes + 1 : 0;
            text.Append(letter);
        }

        return text.Append('\\', backslashes).ToString();
    }

    /// <summary>No questions asked, no banner, errors only, and an error is an end: half a result is never taken for a whole one.</summary>
    public static FFMpegInputOptions WithStrictRun(this FFMpegInputOptions options, MediaLimits limits) => options
        .WithCustomArgument("-nostdin -hide_banner -loglevel error -xerror")
        .WithCustomArgument(FormattableString.Invariant($"-filter_threads {limits.Threads}"));

    /// <summary>
    /// For a video from a stranger: what a container only warns of is no end, what does not decode is passed over, and all of it is told, each
    /// frame's time with it (<see cref="Reading.DecodeLog"/>), so that the caller can judge. Lines carry their level and are never summed up.
    /// </summary>
    public static FFMpegInputOptions WithTolerantRun(this FFMpegInputOptions options, MediaLimits limits) => options
        .WithCustomArgument("-nostdin -hide_banner -nostats -loglevel repeat+level+info -debug_ts -max_error_rate 1")
        .WithCustomArgument(FormattableString.Invariant($"-filter_threads {limits.Threads}"));

    /// <summary>
    /// A file from a stranger: it may open no other protocol, and it is read as the one format that its first bytes told
    /// (<see cref="Probing.InputFormat"/>), so no playlist, concat script or picture pattern is ever followed.
    /// </summary>
    public static FFMpegInputOptions WithUntrusted(this FFMpegInputOptions options, string demuxer, MediaLimits limits) => options
        .WithCustomArgument("-protocol_whitelist file,pipe")
        .WithCustomArgument($"-format_whitelist {demuxer}")
        .WithCustomArgument(FormattableString.Invariant($"-max_pixels {limits.MaxSourcePixels}"))
        .WithThreads(limits.Threads)
        .ForceFormat(demuxer);
}
