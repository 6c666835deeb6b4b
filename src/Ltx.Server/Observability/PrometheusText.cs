using System.Diagnostics.Metrics;
using Prometheus;

namespace Ltx.Server.Observability;

/// <summary>The instruments of this host's meters (its own, HTTP, Kestrel, runtime) in Prometheus's text form.</summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly IDisposable _listener;

    public PrometheusText(IMeterFactory factory, QueueGauges gauges)
    {
        ArgumentNullException.ThrowIfNull(gauges); // taken so that its instruments exist
        _listener = MeterAdapter.StartListening(new MeterAdapterOptions
        {
            Registry = _registry,
            // Two hosts in one process (tests) must not count each other's requests: a meter of a host has the host's factory as scope.
            InstrumentFilterPredicate = i => ReferenceEquals(i.Meter.Scope, factory) || i.Meter.Name == "System.Runtime",
            ResolveHistogramBuckets = i => i is Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } ? [.. bounds] : [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        });
    }

    public Task WriteAsync(Stream target, CancellationToken ct) => _registry.CollectAndExportAsTextAsync(target, ct);

    public void Dispose() => _listener.Dispose();
}
