using System.Globalization;
using System.Text;

namespace Ltx.Server.Observability;

/// <summary>All series of one metric. Not thread-safe; <see cref="PrometheusText"/> locks.</summary>
internal sealed class MetricFamily(string type, string? description, double[] bounds)
{
    private readonly SortedDictionary<string, double> _values = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Series> _histograms = new(StringComparer.Ordinal);

    public void Set(string labels, double value) => _values[labels] = value;

    public void Add(string labels, double value) => _values[labels] = _values.GetValueOrDefault(labels) + value;

    public void Observe(string labels, double value)
    {
        if (!_histograms.TryGetValue(labels, out var series))
        {
            _histograms.Add(labels, series = new Series(new long[bounds.Length + 1]));
        }

        var bucket = Array.FindIndex(bounds, b => value <= b);
        series.Buckets[bucket < 0 ? bounds.Length : bucket]++;
        series.Sum += value;
    }

    public void Write(StringBuilder text, string name)
    {
        if (description is { Length: > 0 })
        {
            text.Append("# HELP ").Append(name).Append(' ').Append(description.ReplaceLineEndings(" ")).Append('\n');
        }

        text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        foreach (var (labels, value) in _values)
        {
            Line(text, name, labels, value);
        }

        foreach (var (labels, series) in _histograms)
        {
            long count = 0;
            var separator = labels.Length == 0 ? "" : ",";
            for (var i = 0; i < series.Buckets.Length; i++)
            {
                count += series.Buckets[i];
                var bound = i < bounds.Length ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
                Line(text, name + "_bucket", $"{labels}{separator}le=\"{bound}\"", count);
            }

            Line(text, name + "_sum", labels, series.Sum);
            Line(text, name + "_count", labels, count);
        }
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private sealed class Series(long[] buckets)
    {
        public long[] Buckets { get; } = buckets;

        public double Sum { get; set; }
    }
}
