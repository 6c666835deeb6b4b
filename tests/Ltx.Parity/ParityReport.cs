using System.Globalization;
using static TorchSharp.torch;

namespace Ltx.Parity;

/// <summary>Collects what a case has computed, judges it when the case is through, and prints one row a tensor.</summary>
internal sealed class ParityReport(TextWriter output) : IDisposable
{
    private readonly List<ParityRow> rows = [];
    private readonly List<Comparison> comparisons = [];
    private string current = "";

    public IReadOnlyList<ParityRow> Rows => rows;

    /// <summary>What the case that is running has computed so far.</summary>
    public IReadOnlyList<Comparison> Comparisons => comparisons;

    public bool Passed => rows.TrueForAll(row => row.Verdict is not ParityVerdict.Failed);

    public void Begin(string caseName) => current = caseName;

    /// <summary>Holds a computed tensor against the golden one.</summary>
    /// <param name="name">the golden one's, and behind a space how it was computed where there are several ways</param>
    /// <param name="rule">one of <see cref="CaseTolerance"/>'s constants, as for float32 on the CPU</param>
    public void Compare(string name, Tensor actual, Tensor expected, double rule = CaseTolerance.Layers) => Add(name, actual, expected, rule, null);

    /// <summary>Is judged in bfloat16 too: by the error that the reference itself made in that type.</summary>
    public void CompareVelocity(string name, Tensor actual, Tensor expected, double? bfloat16Error) => Add(name, actual, expected, CaseTolerance.Layers, bfloat16Error);

    public void Fail(string what) => AddRow(new ParityRow(current, what, double.NaN, 0, ParityVerdict.Failed));

    public void Skip(string why) => AddRow(new ParityRow(current, why, double.NaN, 0, ParityVerdict.Skipped));

    /// <summary>Judges what the case has computed.</summary>
    /// <param name="tolerated">what a comparison's error may be, or null where it is not judged</param>
    public void End(Func<Comparison, double?> tolerated)
    {
        if (comparisons.Count == 0) Fail("nothing was compared");
        foreach (Comparison comparison in comparisons)
        {
            double error = comparison.Error;
            double? tolerance = tolerated(comparison);
            // NaN compares as failed: NaN <= tolerance is false.
            ParityVerdict verdict = tolerance is null ? ParityVerdict.NotJudged : error <= tolerance ? ParityVerdict.Passed : ParityVerdict.Failed;
            AddRow(new ParityRow(current, comparison.Name, error, tolerance ?? comparison.Rule, verdict));
        }
        Dispose();
    }

    public void Dispose()
    {
        comparisons.ForEach(comparison => comparison.Dispose());
        comparisons.Clear();
    }

    private void Add(string name, Tensor actual, Tensor expected, double rule, double? bfloat16Error) =>
        comparisons.Add(new Comparison(name, Comparison.Kept(actual), Comparison.Kept(expected), rule, bfloat16Error));

    private void AddRow(ParityRow row)
    {
        rows.Add(row);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Case,-32} {row.Tensor,-28} {row.Error,10:0.0e+00} {row.Tolerance,10:0.0e+00}  {row.VerdictText}"));
    }
}
