using Ltx.Inference;
using Ltx.Video;

namespace Ltx.Server.Commands;

/// <summary>Turns what a command fails with into one sentence on standard error and an exit code: 2 for the user's fault, 1 for ours.</summary>
internal static class CommandFailure
{
    public const int Ours = 1, Users = 2, Interrupted = 130;

    public static async Task<int> Guard(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (InferenceException e)
        {
            return Tell(e.Message, e.Fault == Fault.Input);
        }
        catch (MediaException e)
        {
            if (e.LastWords.Length > 0 && Environment.GetEnvironmentVariable("LTX_VERBOSE") is not null) await Console.Error.WriteLineAsync(e.LastWords);
            return Tell(e.Message, e.Fault == MediaFault.Input);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("ltx: interrupted");
            return Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Tell(e.Message, usersFault: false);
        }
        catch (Exception e) when (e is System.Runtime.InteropServices.ExternalException or InvalidOperationException or OutOfMemoryException)
        {
            // libtorch's errors carry a C++ stack behind the first line.
            return Tell(e.Message.Split('\n')[0], usersFault: false);
        }
    }

    private static int Tell(string sentence, bool usersFault)
    {
        Console.Error.WriteLine($"ltx: {sentence}");
        return usersFault ? Users : Ours;
    }
}
