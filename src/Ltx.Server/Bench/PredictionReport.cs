using System.Globalization;
using System.Text.Json;
using Ltx.Inference.Measuring;
using Ltx.Inference.Planning;

namespace Ltx.Server.Bench;

/// <summary>What `ltx bench --predict --card` prints, and writes as JSON (snake_case): seconds of a card that need not be there.</summary>
/// <param name="Card">its name</param>
/// <param name="Model">for a person</param>
/// <param name="Request">for a person; empty where none was asked for</param>
/// <param name="Stages">of the request, with what each is made of</param>
/// <param name="Forwards">of so many video tokens</param>
internal sealed record PredictionReport(string Card, Ceiling Ceiling, string Model, string Request, IReadOnlyList<PredictedStage> Stages, IReadOnlyList<PredictionReport.ForwardRow> Forwards)
{
    private const double Tera = 1e12, Giga = 1e9;

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>For a person.</summary>
    public string Render()
    {
        StringWriter text = new(CultureInfo.InvariantCulture);
        text.WriteLine(Invariant($"predicted for {Card}: products {Ceiling.Products / Tera:0.###}, convolutions {Ceiling.Convolutions / Tera:0.###}, attention {Ceiling.Attention / Tera:0.###} TFLOP/s, copy {Ceiling.Copy / Tera:0.###} TB/s ({Ceiling.Origin})"));
        text.WriteLine($"model: {Model}, all of it on the card");
        if (Stages.Count > 0)
        {
            text.WriteLine();
            text.WriteLine($"request: {Request}");
            string[] columns = Columns(Stages[0].Work);
            List<string[]> rows = [["stage", "seconds", "evaluations", "s each", .. columns]];
            foreach (PredictedStage stage in Stages.Where(stage => stage.Work.Seconds > 0))
            {
                string[] times = stage.Evaluations == 0 ? ["", ""] : [Invariant($"{stage.Evaluations} at {stage.Tokens}"), Invariant($"{stage.Work.Seconds / stage.Evaluations:0.000}")];
                rows.Add([stage.Stage.Name(), Invariant($"{stage.Work.Seconds:0.00}"), .. times, .. Made(stage.Work)]);
            }
            rows.Add(["all of these", Invariant($"{Stages.Sum(stage => stage.Work.Seconds):0.00}"), .. Enumerable.Repeat("", columns.Length + 2)]);
            BenchText.Table(text, rows);
        }
        if (Forwards.Count > 0)
        {
            text.WriteLine();
            List<string[]> rows = [["one forward, video + audio tokens", "seconds", .. Columns(Forwards[0].Work)]];
            foreach (ForwardRow forward in Forwards) rows.Add([Invariant($"{forward.Tokens} + {forward.AudioTokens}"), Invariant($"{forward.Work.Seconds:0.000}"), .. Made(forward.Work)]);
            BenchText.Table(text, rows);
        }
        text.WriteLine();
        text.WriteLine("Seconds are the card's, the sum of its columns from products to rest, or the host's where that takes longer. They are counted by running the model without memory, each kernel at the share of the card's ceilings that such kernels reach on an H100; expect them within a tenth.");
        text.WriteLine("Reading and writing files, changes of LoRAs, the composite, the encoder and the first use of a size are not in them; of the prompt only its operations are.");
        return text.ToString();
    }

    private static string[] Columns(PredictedWork work) => [.. work.Parts.Select(part => part.Name), "host", "kernels", "GB", "TFLOP"];

    private static string[] Made(PredictedWork work) =>
    [
        .. work.Parts.Select(part => part.Seconds).Append(work.Host).Select(seconds => seconds == 0 ? "" : Invariant($"{seconds:0.000}")),
        work.Kernels == 0 ? "" : Invariant($"{work.Kernels:0}"), Invariant($"{work.Bytes / Giga:0.0}"), Invariant($"{work.Work.Total / Tera:0.0}"),
    ];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    internal sealed record ForwardRow(int Tokens, int AudioTokens, PredictedWork Work);
}
