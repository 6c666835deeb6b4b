using System.Text;
using Ltx.Server.Commands;

namespace Ltx.Server.Tests.Commands;

/// <summary>
/// The command line within the tests' own process: what a process costs (a runtime, a compiler, libtorch) is paid once for all. What is about
/// the process itself (its environment, signals, what libraries print) is <see cref="LtxProcess"/>'s.
/// </summary>
internal static class LtxInProcess
{
    private static readonly AsyncLocal<(TextWriter Output, TextWriter Error)?> Consoles = new();

    static LtxInProcess()
    {
        Console.SetOut(new Redirected(Console.Out, isError: false));
        Console.SetError(new Redirected(Console.Error, isError: true));
    }

    public static Task<LtxRun> RunAsync(IEnumerable<string> arguments) => RunAsync(() => CommandLine.RunAsync([.. arguments]));

    /// <param name="command">gives its exit code</param>
    public static async Task<LtxRun> RunAsync(Func<Task<int>> command)
    {
        using StringWriter output = new(), error = new();
        // Not awaited in this flow, whose console stays what it is. Some commands are synchronous.
        int exitCode = await Task.Run(() =>
        {
            Consoles.Value = (TextWriter.Synchronized(output), TextWriter.Synchronized(error));
            return command();
        }).WaitAsync(TestContext.Current.CancellationToken);
        return new LtxRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>What is written goes to the command that writes it, and from elsewhere to where it went before.</summary>
    private sealed class Redirected(TextWriter before, bool isError) : TextWriter
    {
        public override Encoding Encoding => before.Encoding;

        private TextWriter Writer => Consoles.Value is { } own ? isError ? own.Error : own.Output : before;

        public override void Write(char value) => Writer.Write(value);

        public override void Write(string? value) => Writer.Write(value);

        public override void Write(char[] buffer, int index, int count) => Writer.Write(buffer, index, count);

        public override void WriteLine(string? value) => Writer.WriteLine(value);

        public override void Flush() => Writer.Flush();
    }
}
