using System.Diagnostics;
using Ltx.Inference.Planning;

namespace Ltx.Inference.Generation;

/// <summary>
/// Follows a run through its stages, from the moment it is made: measures each, and says how much of the whole is done.
/// A stage lasts until the next one begins, so that nothing lies between them: what a stage leaves to a device that computes on its own is
/// waited for by the check behind it, and belongs to it.
/// </summary>
/// <param name="report">told where the run is</param>
internal sealed class StageClock(Action<InpaintProgress>? report)
{
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly List<StageTime> times = [];
    private readonly List<StageTime> parts = [];
    private readonly List<string> notes = [];
    private Dictionary<InpaintStage, double> shares = [];
    private double total = 1, done;
    private TimeSpan began;

    public IReadOnlyList<string> Notes => notes;

    /// <summary>The stage that runs.</summary>
    public InpaintStage Current { get; private set; }

    /// <summary>Says what share of the run each stage is, in any unit. Until then nothing counts as done.</summary>
    public void Weigh(IEnumerable<(InpaintStage Stage, double Share)> work)
    {
        shares = work.ToDictionary(stage => stage.Stage, stage => stage.Share);
        total = shares.Values.Sum();
    }

    /// <summary>Ends the last stage.</summary>
    /// <returns>the times of all, which add up to the time since the first began</returns>
    public IReadOnlyList<StageTime> Stop()
    {
        TimeSpan now = Elapsed;
        times.Add(new StageTime(Current.Name(), now - began, [.. parts]));
        parts.Clear();
        began = now;
        return times;
    }

    /// <summary>Says something that belongs into the log.</summary>
    public void Note(string sentence)
    {
        notes.Add(sentence);
        report?.Invoke(new InpaintProgress(Current.Name(), 0, 0, done / total, sentence));
    }

    /// <summary>Runs a stage that is not counted.</summary>
    public T Run<T>(InpaintStage stage, Func<T> body) => Run(stage, 0, 0, _ => body());

    /// <summary>Runs a stage of so many steps; the body says how many are done.</summary>
    public void Run(InpaintStage stage, int steps, Action<Action<int>> body) => Run(stage, steps, steps, tell =>
    {
        body(tell);
        return true;
    });

    /// <summary>Runs a stage of so many steps in so many parts; the body says how many parts are done.</summary>
    public T Run<T>(InpaintStage stage, int steps, int parts, Func<Action<int>, T> body)
    {
        if (stage != Current) Begin(stage);
        double share = shares.GetValueOrDefault(stage);
        void Tell(int part) => report?.Invoke(new InpaintProgress(stage.Name(), parts == 0 ? 0 : part * steps / parts, steps, (done + (parts == 0 ? 0 : share * part / parts)) / total));
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

    private void Begin(InpaintStage stage)
    {
        Stop();
        done += shares.GetValueOrDefault(Current);
        Current = stage;
    }
}
