namespace Ltx.Video;

/// <summary>
/// A failure with media, told to a person: <see cref="Exception.Message"/> is one sentence that names the file by its role, never by its
/// path, so it may be shown to whoever sent the file. What ffmpeg said last is in <see cref="LastWords"/>, for the log.
/// </summary>
public sealed class MediaException : Exception
{
    public MediaException(MediaFault fault, string message, string lastWords = "", int? exitCode = null, Exception? innerException = null)
        : base(message, innerException)
    {
        Fault = fault;
        LastWords = lastWords;
        ExitCode = exitCode;
    }

    /// <summary>Whose fault it is.</summary>
    public MediaFault Fault { get; }

    /// <summary>What is wrong with the file; of meaning where <see cref="Fault"/> is the input's.</summary>
    public MediaProblem Problem { get; private init; }

    /// <summary>What the file is to the user, as the prober was told; null where no file of the user's is at fault.</summary>
    public string? Role { get; private init; }

    /// <summary>The end of what ffmpeg or ffprobe wrote to its standard error; may hold paths, so it belongs in a log only.</summary>
    public string LastWords { get; }

    /// <summary>The exit code of the child process, where one ran to its end.</summary>
    public int? ExitCode { get; }

    internal static MediaException Input(MediaProblem problem, string role, string rest, string lastWords = "", int? exitCode = null) =>
        new(MediaFault.Input, Sentence(role, rest), lastWords, exitCode) { Problem = problem, Role = role };

    /// <summary>"the mask" and "is empty" become "The mask is empty."</summary>
    internal static string Sentence(string role, string rest) => $"{char.ToUpperInvariant(role[0])}{role[1..]} {rest}.";
}
