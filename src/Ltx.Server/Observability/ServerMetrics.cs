using System.Diagnostics.Metrics;

namespace Ltx.Server.Observability;

/// <summary>The server's own instruments. Prometheus and OTLP both read them; docs in the README of this project.</summary>
internal sealed class ServerMetrics
{
    public const string MeterName = "Ltx.Server";

    /// <summary>Seconds, from a miniature on a CPU to 481 frames with guidance.</summary>
    private static readonly InstrumentAdvice<double> Durations = new() { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200] };

    private readonly Histogram<double> _wait;
    private readonly Histogram<double> _run;
    private readonly Histogram<double> _stage;
    private readonly Counter<long> _completed;
    private readonly Counter<long> _webhooks;

    public ServerMetrics(IMeterFactory factory)
    {
        Meter = factory.Create(MeterName);
        _wait = Meter.CreateHistogram("ltx.queue.wait", "s", "Time from submit to start", advice: Durations);
        _run = Meter.CreateHistogram("ltx.run.duration", "s", "Time of a run", advice: Durations);
        _stage = Meter.CreateHistogram("ltx.run.stage.duration", "s", "Time of one stage of a run", advice: Durations);
        _completed = Meter.CreateCounter<long>("ltx.requests.completed", null, "Completed requests by outcome");
        _webhooks = Meter.CreateCounter<long>("ltx.webhook.deliveries", null, "Tries to deliver a webhook by outcome");
    }

    public Meter Meter { get; }

    public void Started(TimeSpan wait) => _wait.Record(wait.TotalSeconds);

    public void Ran(double seconds, IReadOnlyDictionary<string, double> stages)
    {
        _run.Record(seconds);
        foreach (var (stage, duration) in stages)
        {
            _stage.Record(duration, new KeyValuePair<string, object?>("stage", stage));
        }
    }

    public void Completed(int status, string? errorType) =>
        _completed.Add(1, new("status", status), new("outcome", status == 200 ? "ok" : errorType ?? "model_error"));

    public void WebhookTried(string outcome) => _webhooks.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
