using System.Text.Json;
using Ltx.Inference.Costs;
using Ltx.Inference.Generation;
using Ltx.Inference.Measuring;
using Ltx.Inference.Planning;
using Ltx.Server.Bench;

namespace Ltx.Server.Tests.Bench;

[Fast]
public sealed class StageTableTests
{
    private static readonly Ceiling Device = new(1e12, 5e11, 2e11, 1e11, "made up");

    private static readonly StageWork[] Work =
    [
        new(InpaintStage.Stage1, 31, 100, new Operations(2e12, 0, 1e11)),
        new(InpaintStage.Frames, 0, 0, new Operations(0, 1e12, 0)),
    ];

    [Fact]
    public void What_overlaps_is_one_row_with_its_parts_beneath_and_the_rows_add_up()
    {
        RequestRun run = Run(10);
        IReadOnlyList<BenchReport.StageRow> rows = StageTable.Rows([run], Work, Device);

        Assert.Equal(["reading", "stage 1", "stage 2", "sound", "output"], rows.Select(row => row.Name));
        Assert.Equal(10, rows.Sum(row => row.Seconds.Median), 1e-9);
        Assert.Equal(1, rows.Sum(row => row.Share), 1e-9);
        Assert.Equal(["decode", "composite", "encoder's rest"], rows[^1].Parts.Select(part => part.Name));
        Assert.Equal(3, rows[^1].Seconds.Median, 1e-9);
        Assert.Equal(0.5, rows[^1].Parts[^1].Seconds.Median, 1e-9);
    }

    [Fact]
    public void Work_is_set_against_its_time_and_the_ceiling()
    {
        BenchReport.StageRow denoising = StageTable.Rows([Run(10)], Work, Device)[1];
        Assert.Equal((31, 4.0), (denoising.Evaluations, denoising.Seconds.Median));
        Assert.Equal(2.1, denoising.Work!.Tflop, 1e-9);
        Assert.Equal(2.1 / 4, denoising.Work.TflopPerSecond, 1e-9);
        // 2 s of products and half a second of attention at the least.
        Assert.Equal(2.5 / 4, denoising.Work.ShareOfCeiling, 1e-9);
        Assert.Equal(0.2, denoising.Evaluation!.Median, 1e-9);
        // A decode is measured over the row that it is part of.
        Assert.Equal(2.0 / 3, StageTable.Rows([Run(10)], Work, Device)[^1].Work!.ShareOfCeiling, 1e-9);
        Assert.Null(StageTable.Rows([Run(10)], Work, Device)[0].Work);
    }

    [Fact]
    public void What_was_predicted_stands_beside_what_was_measured()
    {
        PredictedStage predicted = new(InpaintStage.Frames, 0, 0, new PredictedWork([new PredictedPart("convolutions", 2), new PredictedPart("rest", 0.5)], 0.1, 1, 1, default));
        IReadOnlyList<BenchReport.StageRow> rows = StageTable.Rows([Run(10)], Work, Device, [predicted]);
        Assert.Equal([null, null, null, null, 2.5], rows.Select(row => row.Predicted));
        List<string[]> table = [["stage", "seconds", "predicted"], ["output", "3", "2.5"]], without = [["stage", "seconds", "predicted"], ["output", "3", ""]];
        Assert.Equal("stage   seconds  predicted\noutput        3        2.5\n", Printed(table));
        Assert.Equal("stage   seconds\noutput        3\n", Printed(without));

        static string Printed(List<string[]> table)
        {
            StringWriter text = new() { NewLine = "\n" };
            BenchText.Table(text, table);
            return text.ToString();
        }
    }

    [Fact]
    public void Of_several_runs_the_middle_one_counts_and_the_ends_are_told()
    {
        BenchReport.StageRow row = StageTable.Rows([Run(10), Run(20), Run(40)], Work, Device)[1];
        Assert.Equal((8.0, 4.0, 16.0, 3), (row.Seconds.Median, row.Seconds.Least, row.Seconds.Most, row.Seconds.Count));
        Assert.Equal(5, StageTable.AfterLastStep(Run(10).Stages).TotalSeconds, 1e-9);
    }

    [Theory]
    [InlineData(new[] { 3.0 }, 3)]
    [InlineData(new[] { 5.0, 1, 3 }, 3)]
    [InlineData(new[] { 4.0, 1, 3, 2 }, 2.5)]
    public void A_median(double[] seconds, double expected) => Assert.Equal(expected, Spread.Of(seconds.Select(TimeSpan.FromSeconds)).Median, 1e-9);

    [Fact]
    public void A_report_is_printed_and_written_with_everything_in_it()
    {
        IReadOnlyList<BenchReport.StageRow> stages = StageTable.Rows([Run(10)], Work, Device);
        Spread whole = new(10, 10, 10, 1);
        BenchReport.WorkRow work = StageTable.Work(Work[0].Work, whole, Device);
        BenchReport report = new(
            DateTimeOffset.UnixEpoch, new BenchReport.MachineRow("a processor", 2, 0.5, null, "2.10.0", "flash", "libtorch's operators"), new BenchReport.ModelRow("miniature", "cpu", "Float32", 6),
            new BenchReport.CeilingRow(1, 0.5, 0.2, 0.1, "made up"), 1.5, new BenchReport.RequestRow(384, 256, 25, 15, 12, whole, 1, new Spread(5, 5, 5, 1), stages, work, 1 << 30, null),
            [new BenchReport.ForwardRow(8160, 126, new Spread(0.5, 0.4, 0.6, 3), work, 1 << 30, 3L << 30, null)], ["a note"]);

        string text = BenchText.Render(report);
        foreach (string words in (string[])["process start to ready: 1.5 s", "stage 1", "  composite", "add up to 100.0%", "device not measured", "8160 + 126", "3.00 GiB", "a note"]) Assert.Contains(words, text, StringComparison.Ordinal);

        using JsonDocument json = JsonDocument.Parse(report.ToJson());
        JsonElement root = json.RootElement;
        Assert.Equal(["date", "machine", "model", "ceiling", "ready_seconds", "request", "forwards", "notes"], root.EnumerateObject().Select(property => property.Name));
        // What compare_reference.py reads.
        JsonElement forward = root.GetProperty("forwards")[0];
        Assert.Equal((8160, 0.5), (forward.GetProperty("tokens").GetInt32(), forward.GetProperty("seconds").GetProperty("median").GetDouble()));
        Assert.Equal(2.1, forward.GetProperty("work").GetProperty("tflop").GetDouble(), 1e-9);
        Assert.Equal(3L << 30, forward.GetProperty("device_peak").GetInt64());
        Assert.Equal("output", root.GetProperty("request").GetProperty("stages")[4].GetProperty("name").GetString());
    }

    // A request of so many seconds, in fixed shares.
    private static RequestRun Run(double seconds)
    {
        StageTime Stage(string name, double share, params StageTime[] parts) => new(name, TimeSpan.FromSeconds(seconds * share), parts);
        return new RequestRun(
            TimeSpan.FromSeconds(seconds),
            [Stage("reading", 0.1), Stage("stage 1", 0.4), Stage("stage 2", 0), Stage("sound", 0.2), Stage("frames", 0.25, Stage("decode", 0.15), Stage("composite", 0.05)), Stage("finishing", 0.05)],
            new Dictionary<string, List<TimeSpan>> { ["stage 1"] = [TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(0.3)] });
    }
}
