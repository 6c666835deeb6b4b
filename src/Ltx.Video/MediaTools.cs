using Ltx.Video.Processes;

namespace Ltx.Video;

/// <summary>The programs that this library needs.</summary>
public static class MediaTools
{
    /// <summary>
    /// From here on ffmpeg runs in sessions of its own, where the system has `setsid`: a terminal's Ctrl-C goes to every process that was started
    /// from it, and would end what a server that stops still waits for.
    /// </summary>
    public static void LeaveTerminal() => FfmpegTool.LeaveTerminal();

    /// <summary>Where a program is and what it calls itself.</summary>
    /// <param name="name"><c>ffmpeg</c> or <c>ffprobe</c></param>
    /// <param name="limits">where to look and how long to wait</param>
    /// <param name="cancellationToken">kills it</param>
    /// <exception cref="MediaException">It is not there or does not run.</exception>
    public static async Task<string> VersionAsync(string name, MediaLimits limits, CancellationToken cancellationToken = default)
    {
        var path = FfmpegTool.Locate(name, limits.ToolFolder);
        var first = string.Empty;
        async Task ReadAsync(Stream stream, ChildClock clock, CancellationToken token)
        {
            using StreamReader reader = new(stream, leaveOpen: true);
            first = (await reader.ReadToEndAsync(token).ConfigureAwait(false)).Split('\n')[0].Trim();
        }

        var result = name == "ffprobe"
            ? await FfmpegTool.RunFfprobeAsync("-version", limits, MemoryBound.Asking(limits), ReadAsync, cancellationToken).ConfigureAwait(false)
            : await FfmpegTool.RunFfmpegAsync("-version", limits, MemoryBound.Asking(limits), input: null, ReadAsync, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 && first.Length > 0
            ? $"{path} ({first.Split(" Copyright")[0]})"
            : throw new MediaException(MediaFault.Server, $"{path} does not run.", result.LastWords, result.ExitCode);
    }
}
