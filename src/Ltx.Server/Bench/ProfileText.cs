using System.Globalization;

namespace Ltx.Server.Bench;

/// <summary>The account of a forward as a table: places of the model down, kinds of work across.</summary>
internal static class ProfileText
{
    private const double Milli = 1000;

    /// <returns>rows of cells, the first of them the header</returns>
    public static List<string[]> Table(BenchReport.ProfileRow profile)
    {
        string[] kinds = [.. Ordered(profile, part => part.Kind)], places = [.. Ordered(profile, part => part.Place)];
        List<string[]> rows = [["milliseconds", .. kinds, "all", "share"]];
        string[] Row(string name, Func<BenchReport.ProfilePart, bool> belongs)
        {
            double all = profile.Parts.Where(belongs).Sum(part => part.Seconds);
            IEnumerable<double> cells = kinds.Select(kind => profile.Parts.Where(part => part.Kind == kind && belongs(part)).Sum(part => part.Seconds));
            return [name, .. cells.Append(all).Select(seconds => seconds == 0 ? "" : Invariant($"{Milli * seconds:0.0}")), Invariant($"{all / profile.Seconds:0.0%}")];
        }

        rows.AddRange(places.Select(place => Row(place, part => part.Place == place)));
        rows.Add(Row("all", _ => true));
        return rows;
    }

    /// <summary>What the table is of.</summary>
    public static string Caption(int tokens, Spread plain, BenchReport.ProfileRow profile) => Invariant(
        $"{tokens} tokens, part by part: {Milli * profile.Seconds:0.0} ms, of which the parts are {profile.SumOfParts:0.0%}; without marks between them {Milli * plain.Median:0.0} ms. The host had handed over all work after {Milli * profile.SubmittedSeconds:0.0} ms.");

    // The largest first.
    private static IEnumerable<string> Ordered(BenchReport.ProfileRow profile, Func<BenchReport.ProfilePart, string> key) =>
        profile.Parts.GroupBy(key).OrderByDescending(group => group.Sum(part => part.Seconds)).Select(group => group.Key);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
