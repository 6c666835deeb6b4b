using System.Diagnostics;

namespace Ltx.Inference.Generation;

/// <summary>
/// Follows a run through its stages: measures each, and says how much of the whole is done. Stages differ in size, so each has a weight.
/// </summary>
internal sealed class StageClock(Action<InpaintProgress>? report, IReadOnlyList<(string Stage, double Work)> plan)
{
    private readonly List<StageTime> times = [];
    private readonly double total = plan.Sum(stage => stage.Work);
    private readonly List<string> notes = [];
    private string current = plan[0].Stage;
    private double done;

    public IReadOnlyList<StageTime> Times => times;

    public IReadOnlyList<string> Notes => notes;

    /// <summary>Says something that belongs into the log.</summary>
    public void Note(string sentence)
    {
        notes.Add(sentence);
        report?.Invoke(new InpaintProgress(current, 0, 0, done / total, sentence));
    }

    /// <summary>Runs a stage that is not counted.</summary>
    public T Run<T>(string stage, Func<T> body) => Run(stage, 0, _ => body());

    /// <summary>Runs a stage of so many steps; the body says how many are done.</summary>
    public T Run<T>(string stage, int steps, Func<Action<int>, T> body)
    {
        current = stage;
        double work = plan.First(planned => planned.Stage == stage).Work;
        void Tell(int step) => report?.Invoke(new InpaintProgress(stage, step, steps, (done + (steps == 0 ? 0 : work * step / steps)) / total));
        Tell(0);
        Stopwatch watch = Stopwatch.StartNew();
        T result = body(Tell);
        times.Add(new StageTime(stage, watch.Elapsed));
        done += work;
        return result;
    }
}
