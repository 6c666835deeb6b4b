using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Ltx.Server.Commands;

/// <summary>Shows bytes on their way: a bar with amount, speed and rest on a terminal; a line now and then elsewhere.</summary>
internal static class ByteProgress
{
    private static readonly TimeSpan LineEvery = TimeSpan.FromSeconds(10);

    /// <param name="run">is given what to tell: a name, bytes so far, bytes in all; from any thread</param>
    public static async Task<T> ShowAsync<T>(Func<Action<string, long, long>, Task<T>> run)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (!console.Profile.Out.IsTerminal || !console.Profile.Capabilities.Interactive) return await run(Lines());
        return await console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask("starting", maxValue: 1);
                return await run((name, done, total) =>
                {
                    task.Description = Markup.Escape(name);
                    task.MaxValue = total;
                    task.Value = done;
                });
            });
    }

    private static Action<string, long, long> Lines()
    {
        Stopwatch since = Stopwatch.StartNew();
        Lock gate = new();
        return (name, done, total) =>
        {
            lock (gate)
            {
                if (done < total && since.Elapsed < LineEvery) return;
                since.Restart();
            }
            Console.Error.WriteLine($"{(total == 0 ? 1 : done / (double)total).ToString("P0", CultureInfo.InvariantCulture),5}  {ModelsCommand.Size(done)} of {ModelsCommand.Size(total)}  {name}");
        };
    }
}
