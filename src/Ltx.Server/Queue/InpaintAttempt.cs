using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Files;

namespace Ltx.Server.Queue;

/// <summary>One attempt at a clip: input, downloads, the run, the output.</summary>
internal sealed class InpaintAttempt(LtxOptions options, LookAhead inputs, JobEngine engine, JobRecord record, TimeProvider clock) : IAttempt
{
    public JobKind Kind => JobKind.Inpaint;

    public TimeSpan Longest => TimeSpan.FromSeconds(options.Queue.RunTimeoutSeconds);

    public async Task<RequestOutcome> RunAsync(LiveRequest request, int worker, CancellationToken ct)
    {
        var began = clock.GetTimestamp();
        var work = engine.BeginWork(request);

        // 1. The input as it was stored; video, mask and LoRAs on the local disk.
        request.SetProgress(new RunProgress("inputs", 0, 0, 0, null));
        var fetchBegan = clock.GetTimestamp();
        var (fetched, problem, when) = await inputs.TakeAsync(request, ct);
        if (fetched is null)
        {
            if (problem!.Reason is { } reason)
            {
                record.Log(request, "ERROR", reason);
            }

            return RequestOutcome.Failure(FalError.Invalid(problem.Details), Seconds(began));
        }

        await using var _ = fetched;
        var fetchSeconds = Seconds(fetchBegan);
        var before = when switch { FetchTime.Before => ", fetched while waiting", FetchTime.Begun => ", begun while waiting", _ => "" };
        record.Log(request, "INFO", $"Inputs are here ({fetchSeconds:F1} s{before}).");

        // 2. The run.
        var runBegan = clock.GetTimestamp();
        var result = await RunAsync(new RunJob(request.Id, request.Attempts, worker, fetched, work), request, ct);
        var runSeconds = Seconds(runBegan);

        // 3. The end.
        switch (result)
        {
            case RunResult.Rejected rejected:
                foreach (var detail in rejected.Details)
                {
                    record.Log(request, "ERROR", detail.Message);
                }

                return RequestOutcome.Failure(FalError.Invalid(rejected.Details), runSeconds);
            case RunResult.Failed failed:
                return RequestOutcome.Failure(failed.Error, runSeconds);
            case RunResult.Succeeded made:
                var timings = made.StageSeconds.Prepend(KeyValuePair.Create("inputs", fetchSeconds)).ToDictionary();
                record.Ran(runSeconds, timings);
                var output = await engine.KeepAsync(request, made);
                record.Log(request, "INFO", $"Finished in {runSeconds:F1} s.");
                return Success(made, ((InpaintInput)fetched.Input).SyncMode, output, timings, runSeconds);
            default:
                throw new InvalidOperationException($"A run cannot end as {result.GetType().Name}.");
        }
    }

    public void End(LiveRequest request) => engine.EndWork(request);

    /// <summary>The run itself, and meanwhile a look at what comes next.</summary>
    private async Task<RunResult> RunAsync(RunJob job, LiveRequest request, CancellationToken ct)
    {
        using CancellationTokenSource ended = new();
        var watching = inputs.WatchAsync(job.Worker, request.Stored.LoraSet, ended.Token);
        try
        {
            return await engine.RunAsync(job, new ProgressSink(record, request), ct);
        }
        finally
        {
            await ended.CancelAsync();
            await watching;
        }
    }

    private static RequestOutcome Success(
        RunResult.Succeeded made, bool syncMode, StoredFile output, Dictionary<string, double> timings, double seconds) => new()
    {
        StatusCode = 200,
        Result = FalJson.Text(json =>
        {
            json.WriteStartObject();
            ResultBody.WriteStored(json, "video", output);
            json.WriteNumber("seed", made.Seed);
            json.WriteString("prompt", made.Prompt);
            json.WriteBoolean("sync_mode", syncMode);
            json.WriteEndObject();
        }),
        Units = (long)Math.Ceiling((double)made.Width * made.Height * made.Frames / 1e6), // fal's price is per megapixel, rounded up
        Seconds = seconds,
        Timings = FalJson.Text(json => FalJson.WriteValue(json, timings.ToDictionary(t => t.Key, t => (object?)Math.Round(t.Value, 3)))),
        Outputs = [output],
        Film = output,
    };

    private double Seconds(long began) => clock.GetElapsedTime(began).TotalSeconds;

    /// <summary>Not Progress&lt;T&gt;: that one posts to the thread pool and mixes up the order.</summary>
    private sealed class ProgressSink(JobRecord record, LiveRequest request) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            request.SetProgress(value);
            if (value.Log is { } line)
            {
                record.Log(request, value.Level, line);
            }
        }
    }
}
