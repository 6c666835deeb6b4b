using Ltx.Inference.Costs;
using Ltx.Inference.Generation;
using Ltx.Inference.Measuring;
using Ltx.Inference.Planning;
using Ltx.Server.Media;

namespace Ltx.Server.Bench;

/// <summary>
/// Makes rows of measured requests: exclusive times that add up. Decoding, compositing and encoding overlap, so they are one row, with what
/// was measured of each beneath it.
/// </summary>
internal static class StageTable
{
    /// <summary>The row of what overlaps.</summary>
    public const string Output = "output";

    private const string EncoderRest = "encoder's rest";

    /// <param name="runs">one or more</param>
    /// <param name="work">what the stages are</param>
    /// <param name="predicted">how long they were predicted to take; null where nobody asked</param>
    public static IReadOnlyList<BenchReport.StageRow> Rows(IReadOnlyList<RequestRun> runs, IReadOnlyList<StageWork> work, Ceiling ceiling, IReadOnlyList<PredictedStage>? predicted = null)
    {
        double wall = Spread.Of(runs.Select(run => run.Wall)).Median;
        List<IReadOnlyList<StageTime>> tables = [.. runs.Select(run => Merged(run.Stages))];
        return [.. tables[0].Select(first =>
        {
            List<StageTime> times = [.. tables.Select(table => table.First(stage => stage.Stage == first.Stage))];
            string named = first.Stage == Output ? InpaintStage.Frames.Name() : first.Stage;
            StageWork? done = work.FirstOrDefault(stage => stage.Stage.Name() == named);
            Spread seconds = Spread.Of(times.Select(stage => stage.Time));
            List<TimeSpan> evaluations = [.. runs.SelectMany(run => run.Evaluations.GetValueOrDefault(first.Stage) ?? [])];
            return new BenchReport.StageRow(
                first.Stage, seconds, seconds.Median / wall, done?.Evaluations ?? 0, evaluations.Count == 0 ? null : Spread.Of(evaluations),
                done is null ? null : Work(done.Work, seconds, ceiling),
                [.. first.Parts.Select(part => new BenchReport.PartRow(part.Stage, Spread.Of(times.SelectMany(stage => stage.Parts).Where(other => other.Stage == part.Stage).Select(other => other.Time))))])
            {
                Predicted = predicted?.FirstOrDefault(stage => stage.Stage.Name() == named)?.Work.Seconds,
            };
        })];
    }

    public static BenchReport.WorkRow Work(Operations work, Spread seconds, Ceiling ceiling)
    {
        const double Tera = 1e12;
        return new BenchReport.WorkRow(work.Total / Tera, work.Total / Tera / seconds.Median, ceiling.Seconds(work) / seconds.Median);
    }

    /// <summary>From the end of the second denoising stage to the finished file.</summary>
    public static TimeSpan AfterLastStep(IReadOnlyList<StageTime> stages) =>
        stages.SkipWhile(stage => stage.Stage != InpaintStage.Stage2.Name()).Skip(1).Aggregate(TimeSpan.Zero, (sum, stage) => sum + stage.Time);

    private static IReadOnlyList<StageTime> Merged(IReadOnlyList<StageTime> stages)
    {
        StageTime frames = stages.First(stage => stage.Stage == InpaintStage.Frames.Name()), rest = stages.First(stage => stage.Stage == ClipInpainter.Finishing);
        StageTime output = new(Output, frames.Time + rest.Time, [.. frames.Parts, rest with { Stage = EncoderRest }]);
        return [.. stages.Where(stage => stage != frames && stage != rest), output];
    }
}
