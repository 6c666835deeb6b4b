using System.Diagnostics;
using Ltx.Inference.Costs;
using Ltx.Inference.Generation;
using Ltx.Inference.Layers;
using Ltx.Inference.Measuring;
using Ltx.Inference.Planning;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Media;
using TorchSharp;

namespace Ltx.Server.Bench;

/// <summary>Measures requests and forwards of one model on one device.</summary>
internal sealed class Benchmark(BenchModel model, torch.Device device, torch.ScalarType type, BenchOptions options)
{
    private const double Tera = 1e12;
    private const string Prompt = "a red disc";

    // The machine may be another one by the time that the report is made.
    private readonly BenchReport.MachineRow machine = MachineFacts.Read(device, type);
    private readonly ModelArchitecture architecture = ModelArchitecture.Of(model.Folder);
    private Ceiling ceiling = null!;
    private Prediction? prediction;
    private TimeSpan probing;

    /// <param name="told">hears what comes next</param>
    public async Task<BenchReport> RunAsync(Action<string> told, CancellationToken cancellation)
    {
        told("ceiling");
        long before = Stopwatch.GetTimestamp();
        ceiling = (MachineFacts.Gpu(device) is { } gpu && type == torch.ScalarType.BFloat16 ? Ceiling.Known(gpu) : null) ?? CeilingProbe.Measure(device, type);
        probing = Stopwatch.GetElapsedTime(before);
        double? ready = null;
        BenchReport.RequestRow? request = null;
        if (options.Size is { } size) (ready, request) = await RequestAsync(size.Width, size.Height, size.Frames, told, cancellation);
        List<BenchReport.ForwardRow> forwards = options.Tokens.Count == 0 ? [] : Forwards(told, cancellation);
        return new BenchReport(
            DateTimeOffset.Now, machine, new BenchReport.ModelRow(model.Name, device.ToString(), type.ToString(), architecture.Transformer.Layers),
            new BenchReport.CeilingRow(ceiling.Products / Tera, ceiling.Convolutions / Tera, ceiling.Attention / Tera, ceiling.Copy / Tera, ceiling.Origin), ready, request, forwards, model.Notes);
    }

    private async Task<(double Ready, BenchReport.RequestRow Row)> RequestAsync(int width, int height, int frames, Action<string> told, CancellationToken cancellation)
    {
        told("loading the model");
        long before = Stopwatch.GetTimestamp();
        TimeSpan running = DateTime.Now - Process.GetCurrentProcess().StartTime;
        using PeakMemory memory = new(device);
        InpaintOptions how = options.Inpaint;
        using InpaintEngine engine = await InpaintEngine.OpenAsync(() => new InpaintPipeline(model.Folder, device, type, how));
        RequestShape shape = new RecipeChoice(model.Folder, how).Usual(new RequestShape(frames, height, width) { FramesPerSecond = DemoScene.FramesPerSecond });
        // What came before in this process is not the model's, except for what any command does: to begin, and to load libtorch.
        double ready = (running - probing + Stopwatch.GetElapsedTime(before)).TotalSeconds;
        using BenchClip clip = await BenchClip.MakeAsync(width, height, frames, cancellation);
        GenerationParameters parameters = InpaintInput.Defaults.ToParameters([]) with { Prompt = Prompt, Steps = options.Steps, Seed = 0 };
        ClipJob job = new(clip.Source, clip.Mask, parameters, clip.Result) { Frames = frames, FramesPerSecond = DemoScene.FramesPerSecond, Limits = new SourceLimits(long.MaxValue, long.MaxValue) };
        List<RequestRun> runs = [];
        for (int i = 0; i <= options.Repeat; i++)
        {
            told(i == 0 ? "first request" : $"request {i} of {options.Repeat}");
            runs.Add(await RequestRun.MeasureAsync(engine, job, cancellation));
        }
        RequestRun first = runs[0];
        runs.RemoveAt(0);
        IReadOnlyList<StageWork> work = RequestWork.Of(architecture, shape, options.Steps, guidance: 1);
        IReadOnlyList<PredictedStage>? predicted = options.Predict ? Predicted.Request(shape, options.Steps, guidance: 1) : null;
        Spread wall = Spread.Of(runs.Select(run => run.Wall));
        double[] sums = [.. runs.Select(run => run.Stages.Sum(stage => stage.Time.TotalSeconds) / run.Wall.TotalSeconds).Order()];
        return (ready, new BenchReport.RequestRow(
            width, height, frames, options.Steps, first.Wall.TotalSeconds, wall, sums[sums.Length / 2], Spread.Of(runs.Select(run => StageTable.AfterLastStep(run.Stages))),
            StageTable.Rows(runs, work, ceiling, predicted), StageTable.Work(work.Aggregate(default(Operations), (sum, stage) => sum + stage.Work), wall, ceiling), PeakMemory.Host(), memory.Device));
    }

    private List<BenchReport.ForwardRow> Forwards(Action<string> told, CancellationToken cancellation)
    {
        told("loading the transformer");
        using PeakMemory memory = new(device);
        using ForwardMeasure measure = new(model.Folder, device, type);
        List<BenchReport.ForwardRow> rows = [];
        foreach (int tokens in options.Tokens)
        {
            told($"forwards at {tokens} tokens");
            Spread seconds = Spread.Of(measure.Run(tokens, options.Repeat, cancellation));
            rows.Add(new BenchReport.ForwardRow(tokens, measure.AudioTokens(tokens), seconds, StageTable.Work(measure.Work(tokens), seconds, ceiling), PeakMemory.Host(), memory.Device, Profile(measure, tokens, cancellation))
            {
                Predicted = options.Predict ? Predicted.Forward(tokens, measure.AudioTokens(tokens)).Seconds : null,
            });
        }
        return rows;
    }

    private Prediction Predicted => prediction ??= new Prediction(architecture, ceiling);

    private BenchReport.ProfileRow? Profile(ForwardMeasure measure, int tokens, CancellationToken cancellation)
    {
        if (!options.Profile) return null;
        PartProfile profile = measure.Profile(tokens, options.Repeat, cancellation);
        return new BenchReport.ProfileRow(
            profile.Whole.TotalSeconds, profile.Sum / profile.Whole, profile.Submitted.TotalSeconds,
            [.. profile.Parts.Select(part => new BenchReport.ProfilePart(part.Place, part.Kind, part.Time.TotalSeconds, part.Calls))]);
    }
}
