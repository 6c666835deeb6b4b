using System.Diagnostics;

namespace Ltx.Inference.Weights;

/// <summary>How far a component of a model is loaded.</summary>
/// <param name="Component">its name, for a person</param>
/// <param name="Bytes">bytes of it that have come from the files so far</param>
/// <param name="Time">since its beginning</param>
/// <param name="IsWhole">true once, at its end</param>
/// <param name="Fraction">share of all the model's files that has come, from 0 to 1</param>
public sealed record LoadProgress(string Component, long Bytes, TimeSpan Time, bool IsWhole, double Fraction)
{
    /// <summary>Gigabytes (10^9 bytes) a second.</summary>
    public double Rate => Time > TimeSpan.Zero ? Bytes / 1e9 / Time.TotalSeconds : 0;
}

/// <summary>
/// Counts what is read while models are loaded on one thread: every component tells the meter that its thread has begun, as tensors tell
/// their scope.
/// </summary>
internal sealed class LoadMeter : IDisposable
{
    // Often enough for a person, seldom enough for a log.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    [ThreadStatic]
    private static LoadMeter? current;

    private readonly Action<LoadProgress>? report;
    private readonly long total;
    private readonly Stopwatch watch = new();
    private string component = "";
    private long all, bytes;
    private TimeSpan told;

    /// <param name="report">told now and then, and at the end of every component</param>
    /// <param name="total">bytes of all files</param>
    public LoadMeter(Action<LoadProgress>? report, long total)
    {
        (this.report, this.total) = (report, total);
        current = this;
    }

    /// <summary>Bytes have come.</summary>
    internal static void Count(long bytes)
    {
        if (current is not { } meter) return;
        meter.all += bytes;
        meter.bytes += bytes;
        if (meter.watch.Elapsed - meter.told >= Pause) meter.Tell(isWhole: false);
    }

    /// <summary>Loads a component.</summary>
    public T Load<T>(string name, Func<T> load)
    {
        (component, bytes, told) = (name, 0, TimeSpan.Zero);
        watch.Restart();
        T loaded = load();
        Tell(isWhole: true);
        return loaded;
    }

    public void Dispose() => current = null;

    private void Tell(bool isWhole)
    {
        told = watch.Elapsed;
        report?.Invoke(new LoadProgress(component, bytes, told, isWhole, total == 0 ? 1 : Math.Min(1, (double)all / total)));
    }
}
