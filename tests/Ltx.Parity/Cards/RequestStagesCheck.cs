using System.Diagnostics;
using System.Globalization;
using Ltx.Inference.Generation;
using Ltx.Inference.Measuring;

namespace Ltx.Parity.Cards;

/// <summary>A whole request stage by stage, from frames in memory to frames that nobody keeps: for machines without ffmpeg, where `ltx bench` has no clip.</summary>
internal static class RequestStagesCheck
{
    private const int Steps = 15;

    public static bool Run(DeviceCheck check)
    {
        using PeakMemory peak = new(check.Device);
        Stopwatch watch = Stopwatch.StartNew();
        using InpaintPipeline pipeline = check.Open(check.Sizes[0]);
        pipeline.WarmUp();
        Console.WriteLine($"ready in {DeviceCheck.Seconds(watch.Elapsed)} s");
        int steps = check.Numbers is [int given, ..] ? given : Steps;
        foreach ((string name, int count) in new[] { ("warming up", 1), ("request", steps) })
        {
            using HashSink sink = new();
            watch.Restart();
            InpaintReport report = pipeline.Run(DeviceCheck.Request(check.Sizes[0], count), sink);
            Console.WriteLine($"{name} ({check.Sizes[0].Width}x{check.Sizes[0].Height}x{check.Sizes[0].Frames}, {count} steps): {DeviceCheck.Seconds(watch.Elapsed)} s, frames {sink.End()[..16]}");
            foreach (StageTime stage in report.Stages)
            {
                string parts = string.Join(", ", stage.Parts.Select(part => $"{part.Stage} {DeviceCheck.Seconds(part.Time)}"));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {stage.Stage,-16} {stage.Time.TotalSeconds,8:0.00} s  {parts}"));
            }
        }
        if (peak.Device is { } bytes) Console.WriteLine($"peak of the card: {DeviceCheck.Gigabytes(bytes)} GB");
        return true;
    }
}
