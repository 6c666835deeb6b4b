using System.ComponentModel;

namespace Ltx.Video.Processes;

/// <summary>ffmpeg and ffprobe: where they are, and how they are run within <see cref="MediaLimits"/>.</summary>
internal static class FfmpegTool
{
    /// <summary>Names the folder of ffmpeg and ffprobe where they are not on the PATH.</summary>
    public const string FolderVariable = "LTX_FFMPEG";

    // Makes a session, and becomes the program that stands behind it: the process stays the same one.
    private static string? setsid;

    public static void LeaveTerminal() =>
        setsid = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "setsid")).FirstOrDefault(File.Exists);

    public static Task<ChildResult> RunFfmpegAsync(
        string arguments, MediaLimits limits, MemoryBound memory, ChildPipe? input, ChildPipe? output, CancellationToken cancellationToken) =>
        RunAsync("ffmpeg", arguments, limits.WorkTime, memory, limits, listener: null, input, output, cancellationToken);

    /// <param name="arguments">With <see cref="FfmpegArgument.WithTolerantRun"/>.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="memory">The bound on memory.</param>
    /// <param name="listener">See <see cref="LastWords"/>.</param>
    /// <param name="output">Empties standard output.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    public static Task<ChildResult> RunHeardAsync(
        string arguments, MediaLimits limits, MemoryBound memory, Func<string, bool> listener, ChildPipe output, CancellationToken cancellationToken) =>
        RunAsync("ffmpeg", arguments, limits.WorkTime, memory, limits, listener, input: null, output, cancellationToken);

    public static Task<ChildResult> RunFfprobeAsync(
        string arguments, MediaLimits limits, MemoryBound memory, ChildPipe output, CancellationToken cancellationToken) =>
        RunAsync("ffprobe", arguments, limits.ProbeTime, memory, limits, listener: null, input: null, output, cancellationToken);

    /// <exception cref="MediaException">It is not there.</exception>
    public static string Locate(string name, string? toolFolder)
    {
        var file = OperatingSystem.IsWindows() ? name + ".exe" : name;
        var named = toolFolder ?? Environment.GetEnvironmentVariable(FolderVariable);
        var folders = string.IsNullOrEmpty(named)
            ? (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            : [named];
        return folders.Select(folder => Path.GetFullPath(Path.Combine(folder, file))).FirstOrDefault(File.Exists)
            ?? throw NotFound(name, named, innerException: null);
    }

    private static async Task<ChildResult> RunAsync(
        string name,
        string arguments,
        TimeSpan timeLimit,
        MemoryBound memory,
        MediaLimits limits,
        Func<string, bool>? listener,
        ChildPipe? input,
        ChildPipe? output,
        CancellationToken cancellationToken)
    {
        var program = Locate(name, limits.ToolFolder);
        try
        {
            var (first, rest) = setsid is null ? (program, arguments) : (setsid, $"\"{program}\" {arguments}");
            return await ChildProcess
                .RunAsync(first, rest, timeLimit, memory.Bytes, limits.LastWordsBytes, listener, input, output, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Win32Exception exception)
        {
            throw NotFound(name, Path.GetDirectoryName(program), exception);
        }
        catch (ChildMemoryLimitException exception)
        {
            throw memory.Exceeded(name, exception);
        }
        catch (ChildTimeLimitException exception)
        {
            throw new MediaException(
                MediaFault.Server,
                FormattableString.Invariant($"{name} took longer than the {exception.Limit.TotalSeconds:0.###} seconds that it is allowed."),
                exception.LastWords,
                innerException: exception);
        }
    }

    private static MediaException NotFound(string name, string? folder, Exception? innerException)
    {
        var where = string.IsNullOrEmpty(folder) ? string.Empty : $" in the folder that {FolderVariable} or the settings name";
        var what = innerException is null ? "was not found" : "could not be started";
        return new MediaException(
            MediaFault.Server,
            $"{name} {what}{where}; install ffmpeg 5.1 or later, or set {FolderVariable} to the folder that holds ffmpeg and ffprobe.",
            innerException: innerException);
    }
}
