using System.Runtime.InteropServices;

namespace Ltx.Server.Commands;

/// <summary>
/// The end of a process whose engine is still computing. Returning from Main would tear libtorch down under its own threads, which crashes.
/// </summary>
internal static partial class HardExit
{
    /// <summary>
    /// How long an interrupted command may take to end by itself. ffmpeg is killed and files on their way are gone in a fraction of it; the
    /// engine looks up only between two evaluations or pieces of decoding, and those may take longer.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>For the command line library, which would return from Main after this.</summary>
    public static readonly TimeSpan LibraryTimeout = Patience * 4;

    /// <summary>Ends the process some time after the cancellation, unless it has ended by then.</summary>
    /// <param name="lastWords">said before it ends</param>
    public static CancellationTokenRegistration Soon(int exitCode, Action lastWords, CancellationToken cancellation) => cancellation.Register(() => _ = EndAsync(exitCode, lastWords));

    private static async Task EndAsync(int exitCode, Action lastWords)
    {
        await Task.Delay(Patience);
        lastWords();
        Now(exitCode);
    }

    /// <summary>Ends the process at once.</summary>
    public static void Now(int exitCode)
    {
        if (OperatingSystem.IsWindows()) Environment.Exit(exitCode);
        else Exit(exitCode);
    }

    // At once: no handler that was registered for the end of the process runs.
    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int exitCode);
}
