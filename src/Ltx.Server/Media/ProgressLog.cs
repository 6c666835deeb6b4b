using System.Diagnostics;
using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Server.Queue;

namespace Ltx.Server.Media;

/// <summary>
/// Turns the engine's progress into the request's: an estimate of the rest, and log lines: each stage as it begins, each step with its
/// seconds.
/// </summary>
internal sealed class ProgressLog(IProgress<RunProgress> progress)
{
    // Before so much is done, the rest is a guess.
    private const double EnoughForEstimate = 0.02;

    private readonly Stopwatch watch = Stopwatch.StartNew();
    private RunProgress current = new("inputs", 0, 0, 0, null);
    private TimeSpan stepBegan;

    public void Say(string line, string level = "INFO") => progress.Report(current with { Log = line, Level = level });

    public void Report(InpaintProgress engine)
    {
        if (engine.Note is { } note)
        {
            Say(note);
            return;
        }
        double elapsed = watch.Elapsed.TotalSeconds;
        double? left = engine.Fraction >= EnoughForEstimate ? elapsed * (1 - engine.Fraction) / engine.Fraction : null;
        string? line = Line(engine.Stage, engine.Step, engine.Steps);
        current = new RunProgress(engine.Stage, engine.Step, engine.Steps, engine.Fraction, left);
        progress.Report(current with { Log = line });
    }

    private string? Line(string stage, int step, int steps)
    {
        if (stage != current.Stage)
        {
            stepBegan = watch.Elapsed;
            return $"{char.ToUpperInvariant(stage[0])}{stage[1..]}.";
        }
        // Frames come too quickly to be lines.
        if (step == current.Step || stage == "frames") return null;
        string seconds = (watch.Elapsed - stepBegan).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        stepBegan = watch.Elapsed;
        return $"{char.ToUpperInvariant(stage[0])}{stage[1..]}: step {step} of {steps} ({seconds} s).";
    }
}
