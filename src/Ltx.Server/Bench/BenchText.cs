using System.Globalization;

namespace Ltx.Server.Bench;

/// <summary>A report for a person.</summary>
internal static class BenchText
{
    private const double Giga = 1 << 30;

    public static string Render(BenchReport report)
    {
        StringWriter text = new(CultureInfo.InvariantCulture);
        (BenchReport.MachineRow machine, BenchReport.ModelRow model, BenchReport.CeilingRow ceiling) = (report.Machine, report.Model, report.Ceiling);
        text.WriteLine($"machine: {machine.Processor}, {machine.Cores} cores{(machine.Load is { } load ? Invariant($", load {load:0.0}") : "")}{(machine.Gpu is { } gpu ? $"; {gpu}" : "")}; libtorch {machine.Libtorch}; attention: {machine.Attention}; between products and attention: {machine.Kernels}");
        text.WriteLine($"model: {model.Name}, {model.Layers} blocks, {model.Device}, {model.Type}");
        text.WriteLine(Invariant($"ceiling: products {ceiling.Products:0.###}, convolutions {ceiling.Convolutions:0.###}, attention {ceiling.Attention:0.###} TFLOP/s, copy {ceiling.Copy:0.###} TB/s ({ceiling.Origin})"));
        if (report.ReadySeconds is { } ready) text.WriteLine(Invariant($"process start to ready: {ready:0.0} s"));
        if (report.Request is { } request) Request(text, request);
        if (report.Forwards.Count > 0) Forwards(text, report.Forwards);
        foreach (string note in report.Notes) text.WriteLine(note);
        return text.ToString();
    }

    private static void Request(StringWriter text, BenchReport.RequestRow request)
    {
        text.WriteLine();
        text.WriteLine(Invariant($"request: {request.Width}x{request.Height}, {request.Frames} frames, {request.Steps} steps, {request.Seconds.Count} measured; the first took {request.FirstSeconds:0.00} s"));
        List<string[]> rows = [["stage", "seconds", "least - most", "share", "evaluations", "s each", "TFLOP", "TFLOP/s", "of ceiling", "predicted"]];
        foreach (BenchReport.StageRow stage in request.Stages)
        {
            rows.Add([stage.Name, .. Times(stage.Seconds), Invariant($"{stage.Share:0.0%}"), stage.Evaluations == 0 ? "" : Invariant($"{stage.Evaluations}"), stage.Evaluation is { } each ? Invariant($"{each.Median:0.000}") : "", .. Work(stage.Work), Predicted(stage.Predicted)]);
            foreach (BenchReport.PartRow part in stage.Parts) rows.Add([$"  {part.Name}", .. Times(part.Seconds), "", "", "", "", "", "", ""]);
        }
        rows.Add(["whole", .. Times(request.Seconds), "", Invariant($"{request.Stages.Sum(stage => stage.Evaluations)}"), "", .. Work(request.Work), request.Stages.Any(stage => stage.Predicted is not null) ? Predicted(request.Stages.Sum(stage => stage.Predicted ?? 0)) : ""]);
        Table(text, rows);
        text.WriteLine(Invariant($"the stages add up to {request.SumOfStages:0.0%} of the whole; rows set in are parts of the row above them, and overlap where it says output"));
        text.WriteLine(Invariant($"last denoising step to finished MP4: {request.AfterLastStep.Median:0.00} s ({request.AfterLastStep.Least:0.00} - {request.AfterLastStep.Most:0.00})"));
        text.WriteLine($"peak memory: host {Bytes(request.HostPeak)}, device {Bytes(request.DevicePeak)}");
    }

    private static void Forwards(StringWriter text, IReadOnlyList<BenchReport.ForwardRow> forwards)
    {
        text.WriteLine();
        List<string[]> rows = [["one forward, video + audio tokens", "seconds", "least - most", "TFLOP", "TFLOP/s", "of ceiling", "host peak", "device peak", "predicted"]];
        foreach (BenchReport.ForwardRow forward in forwards) rows.Add([Invariant($"{forward.Tokens} + {forward.AudioTokens}"), .. Times(forward.Seconds), .. Work(forward.Work), Bytes(forward.HostPeak), Bytes(forward.DevicePeak), Predicted(forward.Predicted)]);
        Table(text, rows);
        foreach (BenchReport.ForwardRow forward in forwards)
        {
            if (forward.Profile is not { } profile) continue;
            text.WriteLine();
            text.WriteLine(ProfileText.Caption(forward.Tokens, forward.Seconds, profile));
            Table(text, ProfileText.Table(profile));
        }
    }

    private static string[] Times(Spread spread) => [Invariant($"{spread.Median:0.000}"), Invariant($"{spread.Least:0.000} - {spread.Most:0.000}")];

    private static string[] Work(BenchReport.WorkRow? work) => work is null ? ["", "", ""] : [Invariant($"{work.Tflop:0.###}"), Invariant($"{work.TflopPerSecond:0.000}"), Invariant($"{work.ShareOfCeiling:0%}")];

    private static string Predicted(double? seconds) => seconds is { } known ? Invariant($"{known:0.000}") : "";

    private static string Bytes(long? bytes) => bytes is { } known ? Invariant($"{known / Giga:0.00} GiB") : "not measured";

    /// <summary>The first column to the left, numbers to the right; columns in which nothing stands are left out.</summary>
    internal static void Table(StringWriter text, List<string[]> rows)
    {
        int[] shown = [.. Enumerable.Range(0, rows[0].Length).Where(column => rows.Skip(1).Any(row => row[column].Length > 0))];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            text.WriteLine(string.Join("  ", shown.Select(column => column == 0 ? row[column].PadRight(widths[0]) : row[column].PadLeft(widths[column]))).TrimEnd());
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
