namespace Ltx.Server.Queue;

/// <summary>
/// Makes of what a training tells at every step what its client sees: the progress of now, and some lines of a log. A line comes at the earliest ten
/// seconds and a thousandth of the steps after the last one, so that a log of days has a thousand of them; the last step of a stage always has one.
/// </summary>
internal sealed class TrainingLog(JobRecord record, LiveRequest request, TimeProvider clock) : IProgress<TrainingProgress>
{
    /// <summary>Two lines are this far apart.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private const int MostLines = 1000;

    private string _stage = "";
    private long _toldAt;
    private int _toldStep;
    private double _losses;
    private int _steps;

    public void Report(TrainingProgress value)
    {
        request.SetProgress(new RunProgress(value.Stage, value.Step, value.Steps, value.Fraction, value.SecondsLeft) { Loss = value.Loss });
        if (value.IsKept)
        {
            record.Prove(request);
        }

        if (value.Log is { } line)
        {
            record.Log(request, value.Level, line);
        }

        if (value.Stage != _stage)
        {
            (_stage, _toldAt, _toldStep, _losses, _steps) = (value.Stage, clock.GetTimestamp(), value.Step, 0, 0);
        }

        if (value.Loss is { } loss)
        {
            (_losses, _steps) = (_losses + loss, _steps + 1);
        }

        var more = value.Step - _toldStep;
        if (more > 0 && (value.Step == value.Steps || (clock.GetElapsedTime(_toldAt) >= Pause && more >= value.Steps / MostLines)))
        {
            Tell(value, clock.GetElapsedTime(_toldAt).TotalSeconds / more);
        }
    }

    private void Tell(TrainingProgress value, double secondsAStep)
    {
        var loss = _steps == 0 ? "" : FormattableString.Invariant($", loss {_losses / _steps:0.0000}") + (_steps > 1 ? $" over {_steps} steps" : "");
        var left = value.SecondsLeft is { } seconds ? $", {Rest(seconds)} left" : "";
        var pace = FormattableString.Invariant($", {secondsAStep:0.00} s each");
        record.Log(request, "INFO", $"{value.Stage} {value.Step}/{value.Steps}{loss}{pace}{left}");
        (_toldAt, _toldStep, _losses, _steps) = (clock.GetTimestamp(), value.Step, 0, 0);
    }

    private static string Rest(double seconds) =>
        TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 1e9)) switch
        {
            { TotalHours: >= 2 } rest => FormattableString.Invariant($"{rest.TotalHours:0.0} h"),
            { TotalMinutes: >= 2 } rest => FormattableString.Invariant($"{rest.TotalMinutes:0} min"),
            var rest => FormattableString.Invariant($"{rest.TotalSeconds:0} s"),
        };
}
