using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Spectre.Console;

namespace Ltx.Server.Commands;

/// <summary>Shows a run: a bar with stage, step and the estimated rest on a terminal; a line a stage elsewhere.</summary>
internal static class ConsoleProgress
{
    // A component of fewer bytes is loaded before its line is read.
    private const long WorthALine = 100_000_000;

    public static async Task<T> ShowAsync<T>(Func<Action<InpaintProgress>, Task<T>> run, bool isQuiet = false)
    {
        if (isQuiet) return await run(_ => { });
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (!console.Profile.Out.IsTerminal || !console.Profile.Capabilities.Interactive) return await run(LineByStage());
        return await console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask("starting", maxValue: 1);
                T result = await run(progress =>
                {
                    task.Description = Markup.Escape(progress.Steps == 0 ? progress.Stage : $"{progress.Stage} {progress.Step}/{progress.Steps}");
                    task.Value = progress.Fraction;
                });
                task.Description = "done";
                task.Value = 1;
                return result;
            });
    }

    /// <summary>Shows how far a model is loaded: a bar on a terminal; elsewhere a line for each component that is worth one, and one every ten seconds.</summary>
    public static async Task<T> LoadAsync<T>(Func<Action<LoadProgress>, Task<T>> load, bool isQuiet = false)
    {
        if (isQuiet) return await load(_ => { });
        static string Sentence(LoadProgress progress) =>
            string.Create(CultureInfo.InvariantCulture, $"loading {progress.Component}: {progress.Bytes / 1e9:0.00} GB, {progress.Rate:0.0} GB/s");
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        if (!console.Profile.Out.IsTerminal || !console.Profile.Capabilities.Interactive)
        {
            LoadPace pace = new();
            return await load(progress =>
            {
                if (pace.IsDue(progress) && !(progress.IsWhole && progress.Bytes < WorthALine)) Console.Error.WriteLine(Sentence(progress));
            });
        }
        return await console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new SpinnerColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask("loading", maxValue: 1);
                return await load(progress => (task.Description, task.Value) = (Markup.Escape(Sentence(progress)), progress.Fraction));
            });
    }

    /// <summary>One line: every stage with its seconds, and the sum.</summary>
    public static string Timings(IReadOnlyList<StageTime> stages) =>
        $"{string.Join(" + ", stages.Select(stage => $"{stage.Stage} {Seconds(stage.Time)}"))} = {Seconds(stages)} s";

    /// <summary>All stages together.</summary>
    public static string Seconds(IReadOnlyList<StageTime> stages) => Seconds(stages.Aggregate(TimeSpan.Zero, (sum, stage) => sum + stage.Time));

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);

    private static Action<InpaintProgress> LineByStage()
    {
        string last = "";
        return progress =>
        {
            if (progress.Stage == last) return;
            last = progress.Stage;
            Console.Error.WriteLine($"{progress.Fraction.ToString("P0", CultureInfo.InvariantCulture),5}  {progress.Stage}");
        };
    }
}
