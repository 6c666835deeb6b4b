using Ltx.Server.Commands;

namespace Ltx.World.Judging;

/// <summary>The product as a person uses it: a command line of `ltx`, in this process.</summary>
internal static class LtxCommand
{
    /// <param name="log">takes what it says</param>
    /// <exception cref="InvalidOperationException">It failed; the log says why.</exception>
    public static async Task RunAsync(string log, params IReadOnlyList<string> arguments)
    {
        (TextWriter output, TextWriter error) = (Console.Out, Console.Error);
        await using StreamWriter said = new(log);
        TextWriter both = TextWriter.Synchronized(said);
        int exitCode;
        try
        {
            await both.WriteLineAsync($"ltx {string.Join(' ', arguments)}");
            Console.SetOut(both);
            Console.SetError(both);
            exitCode = await CommandLine.RunAsync(arguments);
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
        if (exitCode != 0) throw new InvalidOperationException($"ltx {arguments[0]} failed with {exitCode}: {log} says why.");
    }
}
