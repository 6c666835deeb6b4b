using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Storage;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Queue;

/// <summary>One attempt at one request: input, downloads, the run, the output, the end. Returns when the outcome is on disk.</summary>
internal sealed partial class JobRunner(LtxOptions options, LookAhead inputs, JobEngine engine, JobRecord record, TimeProvider clock, ILogger<JobRunner> logger)
{
    /// <summary>Takes the next request and runs it. Null: the server is stopping.</summary>
    /// <param name="worker">which one takes it</param>
    /// <param name="loadedLoraSet">the LoRAs that the worker has loaded</param>
    /// <param name="giveUp">the server's end</param>
    public async Task<LiveRequest?> RunNextAsync(int worker, string? loadedLoraSet, CancellationToken giveUp)
    {
        var request = await record.TakeAsync(loadedLoraSet, giveUp);
        if (request is not null)
        {
            await RunAsync(worker, request, giveUp);
        }

        return request;
    }

    /// <param name="worker">which one</param>
    /// <param name="request">what it runs</param>
    /// <param name="giveUp">the server's end: until then an outcome waits for a database that is away</param>
    private async Task RunAsync(int worker, LiveRequest request, CancellationToken giveUp)
    {
        var began = clock.GetTimestamp();
        using var cancellation = request.Running!;
        cancellation.CancelAfter(TimeSpan.FromSeconds(options.Queue.RunTimeoutSeconds));
        RequestOutcome? outcome;
        var counts = false;
        try
        {
            var work = engine.BeginWork(request);

            // A cancel may have come between the take and the token that it cancels.
            if (request.StopReason != StopReason.None)
            {
                await cancellation.CancelAsync();
            }

            outcome = await AttemptAsync(worker, request, work, began, cancellation.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            outcome = Stopped(request, Seconds(began));
        }
        catch (SqliteException e) when (request.Attempts < options.Queue.MaxAttempts)
        {
            // Not its fault. The attempt counts all the same: a part of the database that is never read again must not be tried for ever.
            RunFailed(logger, request.Id, e);
            (outcome, counts) = (null, true);
        }
        catch (Exception e)
        {
            RunFailed(logger, request.Id, e);
            outcome = RequestOutcome.Failure(DiskTrouble.IsFull(e)
                ? FalError.Infrastructure(507, "internal_error", "The server's disk is full.")
                : FalError.Model(500, "internal_server_error", "Internal server error", retryable: true), Seconds(began));
        }

        engine.EndWork(request);
        if (outcome is null)
        {
            record.Log(request, "WARN", $"{(counts ? "The server's database is not to be had" : "The server is stopping")}; the request waits again.");
            await record.ReturnAsync(request, counts, giveUp);
        }
        else
        {
            await record.EndAsync(request, outcome, giveUp);
        }
    }

    private async Task<RequestOutcome> AttemptAsync(int worker, LiveRequest request, string work, long began, CancellationToken ct)
    {
        record.Log(request, "INFO", request.Attempts == 1 ? "Started." : $"Started, attempt {request.Attempts} of {options.Queue.MaxAttempts}.");

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
        record.Log(request, "INFO", $"Inputs are here ({fetchSeconds:F1} s{when switch { FetchTime.Before => ", fetched while waiting", FetchTime.Begun => ", begun while waiting", _ => "" }}).");

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
                return Success(made, fetched.Input.SyncMode, output, timings, runSeconds);
            default:
                throw new InvalidOperationException($"A run cannot end as {result.GetType().Name}.");
        }
    }

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

    private static RequestOutcome Success(RunResult.Succeeded made, bool syncMode, StoredFile output, Dictionary<string, double> timings, double seconds) => new()
    {
        StatusCode = 200,
        Result = FalJson.Text(json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("video");
            json.WriteString("path", output.UrlPath);
            json.WriteString("content_type", output.ContentType);
            json.WriteString("file_name", output.FileName);
            json.WriteNumber("file_size", output.Size);
            json.WriteEndObject();
            json.WriteNumber("seed", made.Seed);
            json.WriteString("prompt", made.Prompt);
            json.WriteBoolean("sync_mode", syncMode);
            json.WriteEndObject();
        }),
        Units = (long)Math.Ceiling((double)made.Width * made.Height * made.Frames / 1e6), // fal's price is per megapixel, rounded up
        Seconds = seconds,
        Timings = FalJson.Text(json => FalJson.WriteValue(json, timings.ToDictionary(t => t.Key, t => (object?)Math.Round(t.Value, 3)))),
        Output = output,
    };

    /// <summary>Null: back into the queue.</summary>
    private static RequestOutcome? Stopped(LiveRequest request, double seconds) => request.StopReason switch
    {
        StopReason.Cancelled => RequestOutcome.Failure(FalError.Cancelled(), seconds),
        StopReason.ClientDisconnected => RequestOutcome.Failure(FalError.Disconnected(), seconds),
        StopReason.ServerStopping when request.Stored.Sync => RequestOutcome.Failure(FalError.Stopping(), seconds),
        StopReason.ServerStopping => null,
        _ => RequestOutcome.Failure(FalError.Model(504, "generation_timeout", "Generation timeout", retryable: false), seconds),
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The run of request {Id} failed")]
    private static partial void RunFailed(ILogger logger, string id, Exception e);
}
