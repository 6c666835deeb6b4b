using System.CommandLine;
using System.Globalization;
using Ltx.Inference;
using Ltx.Server.Configuration;
using Ltx.Server.Storage;
using Ltx.Video;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Commands;

/// <summary>Turns what a command fails with into one sentence on standard error and an exit code: 2 for the user's fault, 1 for ours.</summary>
internal static class CommandFailure
{
    public const int Ours = 1, Users = 2, Interrupted = 130;

    // Where it is set, the cause follows the sentence.
    private const string VerboseVariable = "LTX_VERBOSE";

    /// <summary>Runs a command.</summary>
    /// <param name="command">gives its exit code</param>
    /// <param name="cancellation">set by Ctrl-C and SIGTERM</param>
    public static async Task<int> Guard(Func<Task<int>> command, CancellationToken cancellation)
    {
        Lock telling = new();
        bool isTold = false;
        // Once, and whole: on a busy machine the command's own end and the hard one may come at the same time.
        void TellInterrupted()
        {
            lock (telling)
            {
                if (!isTold) Console.Error.WriteLine("ltx: interrupted");
                isTold = true;
            }
        }

        using CancellationTokenRegistration impatience = HardExit.Soon(Interrupted, TellInterrupted, cancellation);
        try
        {
            return await command();
        }
        // A terminal's Ctrl-C reaches ffmpeg too, and then it is ffmpeg's end that is noticed first.
        catch (Exception e) when (e is OperationCanceledException || cancellation.IsCancellationRequested)
        {
            TellInterrupted();
            return Interrupted;
        }
        catch (Exception e)
        {
            return Failed(e);
        }
    }

    /// <summary>Runs a command that ends by itself when it is interrupted.</summary>
    public static int Guard(Func<int> command)
    {
        try
        {
            return command();
        }
        catch (Exception e)
        {
            return Failed(e);
        }
    }

    /// <summary>Tells what is wrong with a command line that could not be understood.</summary>
    public static int WrongCommandLine(ParseResult parsed) => Tell(CommandLineMistakes.Sentence(parsed), usersFault: true);

    /// <summary>A failure's own sentence, and its exit code, where the command goes on with something else.</summary>
    public static (string Sentence, int ExitCode) Told(Exception e) => e switch
    {
        InferenceException failure => (failure.Message, failure.Fault == Fault.Input ? Users : Ours),
        MediaException failure => (failure.Message, failure.Fault == MediaFault.Input ? Users : Ours),
        _ => (e.Message.Split('\n')[0].Trim(), Ours),
    };

    /// <summary>What a command says when it was asked for something that cannot be.</summary>
    public static InferenceException Wrong(string sentence) => new(Fault.Input, sentence);

    /// <summary>Lets a number pass that is within its bounds.</summary>
    public static double Within(string option, double value, double least, double most) =>
        value >= least && value <= most ? value : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"{option} is {value}, and must be between {least} and {most}."));

    private static int Failed(Exception e) => e switch
    {
        InferenceException failure => Tell(failure.Message, failure.Fault == Fault.Input, failure.InnerException?.ToString()),
        MediaException failure => Tell(failure.Message, failure.Fault == MediaFault.Input, failure.LastWords),
        InvalidConfigurationException failure => Tell(failure.Message, usersFault: true, failure.InnerException?.ToString()),
        RequestsAccessException failure => Tell(failure.Message, failure.UsersFault),
        SqliteException failure => Tell(DataFolderException.Of(failure, "of the data folder").Message, usersFault: false, e.ToString()),
        // Nothing that was foreseen. libtorch's errors carry a C++ stack behind the first line.
        _ => Tell(e.Message.Split('\n')[0].Trim(), usersFault: false, e.ToString()),
    };

    /// <summary>Tells what is wrong, and what the exit code is.</summary>
    /// <param name="sentence">for a person</param>
    /// <param name="usersFault">what was given cannot be used</param>
    /// <param name="cause">for whoever asks for more</param>
    private static int Tell(string sentence, bool usersFault, string? cause = null)
    {
        Console.Error.WriteLine($"ltx: {sentence}");
        if (cause is { Length: > 0 } && Environment.GetEnvironmentVariable(VerboseVariable) is { Length: > 0 }) Console.Error.WriteLine(cause);
        return usersFault ? Users : Ours;
    }
}
