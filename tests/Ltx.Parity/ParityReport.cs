using System.Globalization;
using static TorchSharp.torch;

namespace Ltx.Parity;

/// <summary>Collects and prints one row a tensor.</summary>
internal sealed class ParityReport(ParityContext context, TextWriter output)
{
    /// <summary>Tolerances of design.md, section 6.</summary>
    public const double Layers = 1e-4, Pipeline = 5e-4, Numbers = 1e-6, Exact = 0, CudaFloat32 = 1e-3;

    private readonly List<ParityRow> rows = [];
    private string current = "";

    public IReadOnlyList<ParityRow> Rows => rows;

    public bool Passed => rows.TrueForAll(row => row.Verdict is not ParityVerdict.Failed);

    public void Begin(string caseName) => current = caseName;

    /// <summary>Compares a computed tensor with the golden one: ||a - b|| / ||b||.</summary>
    /// <param name="tolerance">one of the constants above, as for float32 on the CPU</param>
    public void Compare(string name, Tensor actual, Tensor expected, double tolerance = Layers)
    {
        // Ids, masks and sigmas are computed on the CPU in every run; all else is judged by the device's tolerance.
        bool judged = context.Type == ScalarType.Float32 || tolerance <= Numbers;
        if (context.Device.type == TorchSharp.DeviceType.CUDA && tolerance > Numbers) tolerance = Math.Max(tolerance, CudaFloat32);
        Add(name, RelativeError(actual, expected), tolerance, judged);
    }

    /// <summary>Compares in bfloat16 too: at three times the error that the reference itself made in that type.</summary>
    public void CompareVelocity(string name, Tensor actual, Tensor expected, double? bfloat16Error)
    {
        if (context.Type != ScalarType.BFloat16 || bfloat16Error is null) Compare(name, actual, expected);
        else Add(name, RelativeError(actual, expected), 3 * bfloat16Error.Value, judged: true);
    }

    public void Fail(string what) => AddRow(new ParityRow(current, what, double.NaN, 0, ParityVerdict.Failed));

    public void Skip(string why) => AddRow(new ParityRow(current, why, double.NaN, 0, ParityVerdict.Skipped));

    private void Add(string name, double error, double tolerance, bool judged)
    {
        ParityVerdict verdict = !judged ? ParityVerdict.NotJudged : error <= tolerance ? ParityVerdict.Passed : ParityVerdict.Failed;
        AddRow(new ParityRow(current, name, error, tolerance, verdict));
    }

    private void AddRow(ParityRow row)
    {
        rows.Add(row);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Case,-32} {row.Tensor,-28} {row.Error,10:0.0e+00} {row.Tolerance,10:0.0e+00}  {row.VerdictText}"));
    }

    // NaN compares as failed: NaN <= tolerance is false.
    private static double RelativeError(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        Tensor a = actual.cpu().to(ScalarType.Float64), b = expected.cpu().to(ScalarType.Float64);
        if (!a.shape.AsSpan().SequenceEqual(b.shape)) return double.NaN;
        double difference = (a - b).norm().item<double>(), size = b.norm().item<double>();
        return difference == 0 ? 0 : difference / size;
    }
}
