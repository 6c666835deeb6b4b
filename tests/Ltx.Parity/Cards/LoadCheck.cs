using System.Diagnostics;
using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Inference.Measuring;
using Ltx.Inference.Weights;

namespace Ltx.Parity.Cards;

/// <summary>How long a model takes to be ready, and what of it takes how long.</summary>
internal static class LoadCheck
{
    public static bool Run(DeviceCheck check)
    {
        List<LoadProgress> whole = [];
        using PeakMemory peak = new(check.Device);
        Stopwatch watch = Stopwatch.StartNew();
        using InpaintPipeline pipeline = check.Open(check.Sizes[0], progress =>
        {
            if (progress.IsWhole) whole.Add(progress);
        });
        TimeSpan loaded = watch.Elapsed;
        pipeline.WarmUp();
        TimeSpan ready = watch.Elapsed;
        Console.WriteLine($"{"component",-16} {"GB",8} {"s",8} {"GB/s",8}");
        foreach (LoadProgress part in whole) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{part.Component,-16} {part.Bytes / 1e9,8:0.00} {part.Time.TotalSeconds,8:0.00} {part.Rate,8:0.0}"));
        string device = peak.Device is { } bytes ? $"{DeviceCheck.Gigabytes(bytes)} GB" : "not measured (no card)", host = PeakMemory.Host() is { } resident ? $"{DeviceCheck.Gigabytes(resident)} GB" : "not measured";
        Console.WriteLine($"loaded in {DeviceCheck.Seconds(loaded)} s, ready (warmed up) in {DeviceCheck.Seconds(ready)} s of the process; peak: device {device}, host {host} (mapped files included)");
        if (pipeline.Pristine is { } pristine) Console.WriteLine(pristine);
        // The first request after ready against the second: the same, if nothing was left to warm up.
        foreach (string name in new[] { "first request", "second request" })
        {
            watch.Restart();
            pipeline.Run(DeviceCheck.Request(check.Sizes[0], steps: 1), new HashSink());
            Console.WriteLine($"{name} ({check.Sizes[0]}, 1 step): {DeviceCheck.Seconds(watch.Elapsed)} s");
        }
        return true;
    }
}
