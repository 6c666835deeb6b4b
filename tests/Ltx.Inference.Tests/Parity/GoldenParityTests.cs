using Ltx.Parity;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Parity;

// Alone: one of the cases changes the number of threads for a while.
[Collection(Alone.Name)]
public class GoldenParityTests
{
    private static string Cases => Path.Combine(Repository.Goldens, "cases");

    /// <summary>Every case of both golden folders: the second's model has other sizes everywhere.</summary>
    public static TheoryData<string, string> Recorded()
    {
        TheoryData<string, string> all = [];
        foreach (string folder in (string[])[Repository.Goldens, Repository.OtherGoldens])
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(folder, "cases"), "*.safetensors").Order(StringComparer.Ordinal)) all.Add(Path.GetFileName(folder), Path.GetFileNameWithoutExtension(file));
        }
        return all;
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public void A_case_of_the_reference_is_reproduced(string folder, string name)
    {
        ParityReport report = Run(Path.Combine(Path.GetDirectoryName(Repository.Goldens)!, folder), ScalarType.Float32, name);
        Assert.NotEmpty(report.Rows);
        Assert.All(report.Rows, row => Assert.Equal(ParityVerdict.Passed, row.Verdict));
        Assert.True(report.Passed);
    }

    [Fact]
    public void Every_output_that_a_case_records_is_compared()
    {
        // Cases that choose what they compare by name could leave one out; those that loop over their files' names cannot.
        foreach (string name in (string[])["upsampler", "conditioning", "transformer_plain", "guidance", "positions", "schedule"])
        {
            using GoldenCase golden = new(Path.Combine(Cases, name + ".safetensors"));
            Assert.Equal(golden.Names("out."), Run(Repository.Goldens, ScalarType.Float32, name).Rows.Select(row => row.Tensor).Where(row => row.StartsWith("out.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void A_case_that_no_code_computes_fails_the_run()
    {
        using GoldenFolder folder = new();
        folder.AddCase("something_new", "schedule");
        folder.AddCase("schedule", "schedule");
        ParityReport report = Run(folder.Path, ScalarType.Float32);
        Assert.False(report.Passed);
        Assert.Equal(["something_new"], Failed(report).Select(row => row.Case).Distinct());
    }

    [Fact]
    public void A_number_that_differs_fails_its_row_and_no_other()
    {
        using GoldenFolder folder = new();
        folder.AddCase("schedule", "schedule");
        folder.Damage("schedule", "out.stage2");
        Assert.Equal(["out.stage2"], Failed(Run(folder.Path, ScalarType.Float32)).Select(row => row.Tensor));
    }

    [Fact]
    public void Bfloat16_judges_velocities_and_what_is_computed_on_the_processor_only()
    {
        string[] names = ["transformer_plain", "transformer_masked_reference", "transformer_reference_strength", "upsampler", "sampler", "guidance", "schedule"];
        ParityReport report = Run(Repository.Goldens, ScalarType.BFloat16, names);
        Assert.True(report.Passed, string.Join('\n', Failed(report)));
        ParityRow[] judged = [.. report.Rows.Where(row => row.Verdict == ParityVerdict.Passed && row.Tolerance > ParityReport.Numbers)];
        Assert.Equal(
            names.Where(name => name.StartsWith("transformer_", StringComparison.Ordinal)).SelectMany(name => new[] { (name, "out.video.velocity"), (name, "out.audio.velocity") }),
            judged.Select(row => (row.Case, row.Tensor)).OrderBy(row => Array.IndexOf(names, row.Case)));
        Assert.Contains(report.Rows, row => row is { Case: "upsampler", Verdict: ParityVerdict.NotJudged });
    }

    private static ParityReport Run(string goldens, ScalarType type, params string[] only) => ParityRun.Run(goldens, CPU, type, only, null, TextWriter.Null);

    private static IEnumerable<ParityRow> Failed(ParityReport report) => report.Rows.Where(row => row.Verdict == ParityVerdict.Failed);
}
