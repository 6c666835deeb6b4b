using System.Diagnostics;
using Ltx.Inference.Generation;
using Ltx.Inference.Measuring;
using Ltx.Inference.Planning;
using Ltx.Server.Media;
using Ltx.Video;

namespace Ltx.Server.Bench;

/// <summary>One request that was run and measured.</summary>
/// <param name="Wall">from outside: from the call to the finished file</param>
/// <param name="Stages">as the run reports them</param>
/// <param name="Evaluations">by stage, times of the model's evaluations but the first of each, before which the stage is prepared</param>
internal sealed record RequestRun(TimeSpan Wall, IReadOnlyList<StageTime> Stages, IReadOnlyDictionary<string, List<TimeSpan>> Evaluations)
{
    /// <param name="job">what to run</param>
    public static async Task<RequestRun> MeasureAsync(InpaintEngine engine, ClipJob job, CancellationToken cancellation)
    {
        Dictionary<string, List<TimeSpan>> evaluations = [];
        Dictionary<string, int> calls = [];
        long last = 0;
        void Watch(InpaintProgress progress)
        {
            // Frames are counted too, but they are no evaluations, and to wait for the device would hold them up.
            if (progress.Steps == 0 || progress.Note is not null || progress.Stage == InpaintStage.Frames.Name()) return;
            DeviceClock.Wait(engine.Device);
            long now = Stopwatch.GetTimestamp();
            // The first call says that the stage begins, the second that its first evaluation is over.
            calls[progress.Stage] = calls.GetValueOrDefault(progress.Stage) + 1;
            if (calls[progress.Stage] > 2)
            {
                if (!evaluations.TryGetValue(progress.Stage, out List<TimeSpan>? times)) evaluations.Add(progress.Stage, times = []);
                times.Add(Stopwatch.GetElapsedTime(last, now));
            }
            last = now;
        }

        long start = Stopwatch.GetTimestamp();
        ClipResult result = await new ClipInpainter(engine, MediaLimits.Default).RunAsync(job, Watch, cancellation);
        return new RequestRun(Stopwatch.GetElapsedTime(start), result.Stages, evaluations);
    }
}
