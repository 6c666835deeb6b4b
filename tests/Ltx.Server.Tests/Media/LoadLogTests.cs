using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Microsoft.Extensions.Logging;

namespace Ltx.Server.Tests.Media;

[Fast]
public class LoadLogTests
{
    [Fact]
    public void Every_component_is_told_at_its_end_and_a_long_one_on_the_way()
    {
        Lines lines = new();
        LoadLog log = new(lines, 1);
        void Report(string component, double gigabytes, double seconds, bool isWhole, double fraction) => log.Report(new LoadProgress(component, (long)(gigabytes * 1e9), TimeSpan.FromSeconds(seconds), isWhole, fraction));
        Report("audio", 0.5, 0.3, isWhole: false, 0.01);
        Report("audio", 1, 0.5, isWhole: true, 0.02);
        foreach (double second in new[] { 0.25, 9.9, 10.1, 15, 19.9, 20.2 }) Report("transformer", second, second, isWhole: false, second / 40);
        Report("transformer", 38, 38, isWhole: true, 0.9);
        Report("upsampler", 11, 11, isWhole: false, 0.95);
        Assert.Equal(
            [
                "Worker 1: audio loaded, 1.00 GB in 0.5 s (2.0 GB/s)",
                "Worker 1: transformer loads, 10.10 GB so far (1.0 GB/s), 25% of the model",
                "Worker 1: transformer loads, 20.20 GB so far (1.0 GB/s), 51% of the model",
                "Worker 1: transformer loaded, 38.00 GB in 38.0 s (1.0 GB/s)",
                "Worker 1: upsampler loads, 11.00 GB so far (1.0 GB/s), 95% of the model",
            ],
            lines.Told.Select(line => line.Replace(" %", "%", StringComparison.Ordinal)));
    }

    private sealed class Lines : ILogger
    {
        public List<string> Told { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Told.Add(formatter(state, exception));
    }
}
