using System.Diagnostics;

namespace Ltx.Inference.Generation;

/// <summary>
/// Follows a run through its stages: measures each, and says how much of the whole is done. Stages differ in size, so each has a weight.
/// A stage lasts until the next one begins, so that nothing lies between them: what a stage leaves to a device that computes on its own is
/// waited for by the check behind it, and belongs to it.
/// </summary>
/// <param name="report">told where the run is</param>
/// <param name="plan">the stages in their order</param>
/// <param name="started">when the first of them began, from <see cref="Stopwatch.GetTimestamp"/></param>
internal sealed class StageClock(Action<InpaintProgress>? report, IReadOnlyList<(string Stage, double Work)> plan, long started)
{
    private readonly List<StageTime> times = [];
    private readonly List<StageTime> parts = [];
    private readonly double total = plan.Sum(stage => stage.Work);
    private readonly List<string> notes = [];
    private string current = plan[0].Stage;
    private TimeSpan began;
    private double done;

    public IReadOnlyList<string> Notes => notes;

    /// <summary>The stage that runs.</summary>
    public string Current => current;

    /// <summary>Ends the last stage.</summary>
    /// <returns>the times of all, which add up to the time since the first began</returns>
    public IReadOnlyList<StageTime> Stop()
    {
        TimeSpan now = Elapsed;
        times.Add(new StageTime(current, now - began, [.. parts]));
        parts.Clear();
        began = now;
        return times;
    }

    /// <summary>Says something that belongs into the log.</summary>
    public void Note(string sentence)
    {
        notes.Add(sentence);
        report?.Invoke(new InpaintProgress(current, 0, 0, done / total, sentence));
    }

    /// <summary>Runs a stage that is not counted.</summary>
    public T Run<T>(string stage, Func<T> body) => Run(stage, 0, _ => body());

    /// <summary>Runs a stage of so many steps; the body says how many are done.</summary>
    public T Run<T>(string stage, int steps, Func<Action<int>, T> body) => Run(stage, steps, steps, body);

    /// <summary>Runs a stage of so many steps in so many parts; the body says how many parts are done.</summary>
    public T Run<T>(string stage, int steps, int parts, Func<Action<int>, T> body)
    {
        if (stage != current) Begin(stage);
        double work = Work(stage);
        void Tell(int part) => report?.Invoke(new InpaintProgress(stage, parts == 0 ? 0 : part * steps / parts, steps, (done + (parts == 0 ? 0 : work * part / parts)) / total));
        Tell(0);
        return body(Tell);
    }

    /// <summary>Measures a part of the stage that runs. Parts of the same name are added up.</summary>
    public T Part<T>(string name, Func<T> body)
    {
        TimeSpan start = Elapsed;
        T result = body();
        TimeSpan time = Elapsed - start;
        int known = parts.FindIndex(part => part.Stage == name);
        if (known < 0) parts.Add(new StageTime(name, time, []));
        else parts[known] = parts[known] with { Time = parts[known].Time + time };
        return result;
    }

    public void Part(string name, Action body) => Part(name, () =>
    {
        body();
        return true;
    });

    private TimeSpan Elapsed => Stopwatch.GetElapsedTime(started);

    private void Begin(string stage)
    {
        Stop();
        done += Work(current);
        current = stage;
    }

    private double Work(string stage) => plan.First(planned => planned.Stage == stage).Work;
}
