using System.Diagnostics;
using System.Globalization;
using Ltx.Server.Training;
using Spectre.Console;

namespace Ltx.Server.Commands;

/// <summary>Shows a training: a bar with loss and rest on a terminal; a line every ten seconds elsewhere. What a person should read is written out in either.</summary>
internal static class TrainingProgressText
{
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(10);

    public static async Task<T> ShowAsync<T>(Func<Action<TrainingNews>, Task<T>> run)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (!console.Profile.Out.IsTerminal || !console.Profile.Capabilities.Interactive) return await run(Lines());
        return await console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask("starting", maxValue: 1);
                T result = await run(news =>
                {
                    if (news.Note is { } note) console.WriteLine(note);
                    task.Description = Markup.Escape(Sentence(news));
                    task.Value = (double)news.Done / Math.Max(1, news.Of);
                });
                task.Description = "done";
                task.Value = 1;
                return result;
            });
    }

    /// <summary>What a training is at, for a person.</summary>
    public static string Sentence(TrainingNews news)
    {
        string where = $"{news.Phase.ToString().ToLowerInvariant()} {news.Done}/{news.Of}";
        return news.Loss is { } loss
            ? string.Create(CultureInfo.InvariantCulture, $"{where}  loss {loss:0.0000}  {news.SecondsAStep:0.00} s a step  {Rest(news.SecondsLeft ?? 0)} left")
            : where;
    }

    /// <summary>Seconds as hours, minutes and seconds.</summary>
    public static string Rest(double seconds) => TimeSpan.FromSeconds(Math.Round(seconds)) is var rest && rest.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)rest.TotalHours} h {rest.Minutes:00} min")
        : string.Create(CultureInfo.InvariantCulture, $"{rest.Minutes} min {rest.Seconds:00} s");

    private static Action<TrainingNews> Lines()
    {
        Lock writing = new();
        long last = 0;
        TrainingPhase? phase = null;
        return news =>
        {
            lock (writing)
            {
                if (news.Note is { } note) Console.Error.WriteLine(note);
                bool isDue = last == 0 || Stopwatch.GetElapsedTime(last) >= BetweenLines || news.Phase != phase || news.Done == news.Of;
                if (news.Note is not null || !isDue) return;
                Console.Error.WriteLine(Sentence(news));
                (last, phase) = (Stopwatch.GetTimestamp(), news.Phase);
            }
        };
    }
}
