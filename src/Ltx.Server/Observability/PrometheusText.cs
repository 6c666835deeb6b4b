using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Ltx.Server.Queue;

namespace Ltx.Server.Observability;

/// <summary>
/// This host's instruments in Prometheus's text form. Two hosts in one process (tests) do not count each other's requests: a host's meters
/// have the host's meter factory as their scope.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    /// <summary>Bounds for instruments that advise none: the HTTP server's durations do.</summary>
    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    /// <summary>Of ASP.NET Core's two dozen the ones that tell something: the others would be counted on each of thousands of status calls a second.</summary>
    private static readonly string[] HttpInstruments = ["http.server.request.duration", "kestrel.active_connections", "kestrel.rejected_connections"];

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public PrometheusText(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            var ofThisHost = ReferenceEquals(instrument.Meter.Scope, factory) && (!instrument.Meter.Name.StartsWith("Microsoft.", StringComparison.Ordinal) || HttpInstruments.Contains(instrument.Name));
            if (ofThisHost || instrument.Meter.Name is "System.Runtime" or "Ltx.Fetch" or "Ltx.Inference")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((i, v, tags, _) => Record(i, v, tags));
        _listener.SetMeasurementEventCallback<int>((i, v, tags, _) => Record(i, v, tags));
        _listener.SetMeasurementEventCallback<double>((i, v, tags, _) => Record(i, v, tags));
        _listener.Start();
    }

    public string Write()
    {
        _listener.RecordObservableInstruments();
        StringBuilder text = new();
        lock (_gate)
        {
            foreach (var (name, family) in _families)
            {
                family.Write(text, name);
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = Labels(tags);
        var kind = instrument.GetType().GetGenericTypeDefinition();
        lock (_gate)
        {
            var name = Name(instrument, kind);
            if (!_families.TryGetValue(name, out var family))
            {
                family = new MetricFamily(TypeOf(kind), instrument.Description, (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? DefaultBounds);
                _families.Add(name, family);
            }

            if (kind == typeof(Histogram<>))
            {
                family.Observe(labels, value);
            }
            else if (kind == typeof(Counter<>) || kind == typeof(UpDownCounter<>))
            {
                family.Add(labels, value);
            }
            else
            {
                family.Set(labels, value);
            }
        }
    }

    private static string TypeOf(Type kind) =>
        kind == typeof(Histogram<>) ? "histogram" : kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>) ? "counter" : "gauge";

    /// <summary>OpenTelemetry's rules for Prometheus names: dots to underscores, the unit spelled out, counters end in _total.</summary>
    private static string Name(Instrument instrument, Type kind)
    {
        var name = string.Concat(instrument.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        name = name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
        return TypeOf(kind) == "counter" && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        StringBuilder text = new();
        foreach (var (key, value) in tags)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(key.Replace('.', '_')).Append("=\"")
                .Append(Convert.ToString(value, CultureInfo.InvariantCulture)?.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))
                .Append('"');
        }

        return text.ToString();
    }
}
