namespace Ltx.Server.Bench;

/// <summary>Several measurements of the same thing, in seconds.</summary>
/// <param name="Median">the middle one, or the mean of the two in the middle</param>
internal sealed record Spread(double Median, double Least, double Most, int Count)
{
    public static Spread Of(IEnumerable<TimeSpan> times)
    {
        double[] sorted = [.. times.Select(time => time.TotalSeconds).Order()];
        if (sorted.Length == 0) throw new ArgumentException("Nothing was measured.", nameof(times));
        return new Spread((sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2, sorted[0], sorted[^1], sorted.Length);
    }
}
