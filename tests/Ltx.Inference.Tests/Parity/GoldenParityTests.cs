using System.Diagnostics;
using Ltx.Parity;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Parity;

public class GoldenParityTests
{
    private static string Cases => Path.Combine(Repository.Goldens, "cases");

    /// <summary>Every case of both golden folders: the second's model has other sizes everywhere.</summary>
    public static TheoryData<string, string> Recorded()
    {
        TheoryData<string, string> all = [];
        foreach (string folder in (string[])[Repository.Goldens, Repository.OtherGoldens])
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(folder, "cases"), "*.safetensors.xz").Order(StringComparer.Ordinal)) all.Add(Path.GetFileName(folder), Path.GetFileName(file).Split('.')[0]);
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
    public void A_case_that_lacks_what_it_should_hold_fails_and_the_others_are_run()
    {
        using GoldenFolder folder = new();
        folder.AddCase("positions", "schedule");
        folder.AddCase("schedule", "schedule");
        ParityReport report = Run(folder.Path, ScalarType.Float32);
        Assert.Equal(["positions"], Failed(report).Select(row => row.Case).Distinct());
        Assert.Contains(report.Rows, row => row is { Case: "schedule", Verdict: ParityVerdict.Passed });
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
    public void Three_times_what_rounding_does_to_the_reference_is_allowed_where_the_case_records_it()
    {
        using GoldenFolder folder = new();
        folder.AddCase("upsampler", "upsampler");
        folder.Disturb("upsampler", "out.raw", 5e-4);
        // Nothing is recorded, and our own float32 and float64 agree much better than that.
        Assert.Equal(["out.raw"], Failed(Run(folder.Path, ScalarType.Float32)).Select(row => row.Tensor));
        folder.RecordSensitivity("upsampler", "out.raw", 1e-4);
        Assert.Equal(["out.raw"], Failed(Run(folder.Path, ScalarType.Float32)).Select(row => row.Tensor));
        folder.RecordSensitivity("upsampler", "out.raw", 2e-4);
        ParityReport report = Run(folder.Path, ScalarType.Float32);
        Assert.True(report.Passed);
        Assert.Equal([6e-4, CaseTolerance.Layers], report.Rows.OrderBy(row => row.Tensor == "out.latent").Select(row => row.Tolerance), (a, b) => Math.Abs(a - b) < 1e-9);
    }

    [Fact]
    public void Three_times_what_rounding_does_to_ours_is_allowed_where_the_case_records_nothing()
    {
        // The vocoder of the golden model makes 1.4e-4 of float32's rounding, here and in the reference.
        using GoldenFolder folder = new();
        folder.AddCase("audio", "audio");
        folder.Disturb("audio", "out.waveform", 2e-4);
        ParityReport report = Run(folder.Path, ScalarType.Float32);
        Assert.True(report.Passed, string.Join('\n', Failed(report)));
        Assert.InRange(report.Rows.Single(row => row.Tensor == "out.waveform").Tolerance, 2e-4, 8e-4);
        folder.Disturb("audio", "out.waveform", 1e-3);
        Assert.Equal(["out.waveform"], Failed(Run(folder.Path, ScalarType.Float32)).Select(row => row.Tensor));
    }

    [Fact]
    public void Float64_computes_every_part_of_the_model_and_agrees_with_the_reference()
    {
        ParityReport sizes = Run(Repository.OtherGoldens, ScalarType.Float64, "inpaint", "audio", "guidance"), text = Run(Repository.Goldens, ScalarType.Float64, "text");
        Assert.Empty(Failed(sizes));
        Assert.Empty(Failed(text));
        // Float32 in the midst of it would show: what is left is the reference's own rounding.
        Assert.All(text.Rows, row => Assert.InRange(row.Error, 0, 1e-5));
    }

    [Theory]
    [InlineData("ATEN_CPU_CAPABILITY=default")]
    [InlineData("ONEDNN_MAX_CPU_ISA=AVX2")]
    [InlineData("OMP_NUM_THREADS=4")]
    public void Another_processor_reproduces_what_the_reference_computed(string setting)
    {
        // The rest of the settings, cases and classes: tests/processors without arguments.
        ProcessStartInfo start = new(Path.Combine(Repository.Root, "tests", "processors"), ["--only", "audio,text,vae,transformer_plain,sampler", setting]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output);
        Assert.Contains($"{setting,-32} goldens              passed", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Bfloat16_judges_velocities_and_what_is_computed_on_the_processor_only()
    {
        string[] names = ["transformer_plain", "transformer_masked_reference", "transformer_reference_strength", "upsampler", "sampler", "guidance", "schedule"];
        ParityReport report = Run(Repository.Goldens, ScalarType.BFloat16, names);
        Assert.True(report.Passed, string.Join('\n', Failed(report)));
        ParityRow[] judged = [.. report.Rows.Where(row => row.Verdict == ParityVerdict.Passed && row.Tolerance > CaseTolerance.Numbers)];
        Assert.Equal(
            names.Where(name => name.StartsWith("transformer_", StringComparison.Ordinal)).SelectMany(name => new[] { (name, "out.video.velocity"), (name, "out.audio.velocity") }),
            judged.Select(row => (row.Case, row.Tensor)).OrderBy(row => Array.IndexOf(names, row.Case)));
        Assert.Contains(report.Rows, row => row is { Case: "upsampler", Verdict: ParityVerdict.NotJudged });
    }

    private static ParityReport Run(string goldens, ScalarType type, params string[] only) => ParityRun.Run(goldens, CPU, type, only, null, TextWriter.Null);

    private static IEnumerable<ParityRow> Failed(ParityReport report) => report.Rows.Where(row => row.Verdict == ParityVerdict.Failed);
}
