using Ltx.Inference.Weights;

namespace Ltx.Server.Media;

/// <summary>Tells the log how a worker's model loads: every component at its end, and one that takes long every ten seconds.</summary>
internal sealed partial class LoadLog(ILogger logger, int worker)
{
    private readonly LoadPace pace = new();

    public void Report(LoadProgress load)
    {
        if (!pace.IsDue(load)) return;
        if (load.IsWhole) Loaded(logger, worker, load.Component, load.Bytes / 1e9, load.Time.TotalSeconds, load.Rate);
        else Loading(logger, worker, load.Component, load.Bytes / 1e9, load.Rate, load.Fraction);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: {Component} loaded, {Gigabytes:F2} GB in {Seconds:F1} s ({Rate:F1} GB/s)")]
    private static partial void Loaded(ILogger logger, int worker, string component, double gigabytes, double seconds, double rate);

    [LoggerMessage(Level = LogLevel.Information, Message = "Worker {Worker}: {Component} loads, {Gigabytes:F2} GB so far ({Rate:F1} GB/s), {Fraction:P0} of the model")]
    private static partial void Loading(ILogger logger, int worker, string component, double gigabytes, double rate, double fraction);
}
