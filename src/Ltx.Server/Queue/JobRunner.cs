using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.Observability;
using Ltx.Server.Storage;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Queue;

/// <summary>One attempt at one request: input, downloads, the run, the output, the end. Returns when the outcome is on disk.</summary>
internal sealed partial class JobRunner(
    LtxOptions options, RequestQueue queue, StoredInputs stored, InputFetcher fetcher, LookAhead ahead, FileStore files, IInpaintRunner runner,
    DataFolder folder, Insistence insistence, ServerMetrics metrics, TimeProvider clock, ILogger<JobRunner> logger)
{
    /// <param name="worker">which one</param>
    /// <param name="request">what it runs</param>
    /// <param name="giveUp">the server's end: until then an outcome waits for a database that is away</param>
    public async Task RunAsync(int worker, LiveRequest request, CancellationToken giveUp)
    {
        var began = clock.GetTimestamp();
        using var cancellation = request.Running!;
        cancellation.CancelAfter(TimeSpan.FromSeconds(options.Queue.RunTimeoutSeconds));
        var work = folder.WorkOf(request.Id);
        RequestOutcome? outcome;
        var counts = false;
        try
        {
            Directory.CreateDirectory(work);

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

        OwnFiles.TryRemove(work, logger);
        if (outcome is null)
        {
            queue.Log(request, "WARN", $"{(counts ? "The server's database is not to be had" : "The server is stopping")}; the request waits again.");
            await insistence.StoreAsync($"The return of request {request.Id} to the queue", () => queue.RequeueAsync(request, counts), giveUp);
        }
        else
        {
            await insistence.StoreAsync($"The end of request {request.Id}", () => queue.CompleteAsync(request, outcome), giveUp);
        }
    }

    private async Task<RequestOutcome> AttemptAsync(int worker, LiveRequest request, string work, long began, CancellationToken ct)
    {
        queue.Log(request, "INFO", request.Attempts == 1 ? "Started." : $"Started, attempt {request.Attempts} of {options.Queue.MaxAttempts}.");

        // 1. The input, as it was stored. With Fal:ValidateAtSubmit it has been read once and cannot fail.
        request.SetProgress(new RunProgress("inputs", 0, 0, 0, null));
        var reading = stored.Read(request);
        if (reading.Request is not { } input)
        {
            return RequestOutcome.Failure(FalError.Invalid(reading.Problems), Seconds(began));
        }

        // 2. Video, mask and LoRAs on the local disk.
        var fetchBegan = clock.GetTimestamp();
        var fetched = await ahead.TakeAsync(request, ct);
        var (inputs, problem) = fetched is { } there ? (there.Inputs, null) : await fetcher.FetchAsync(input, ct);
        if (inputs is null)
        {
            queue.Log(request, "ERROR", problem!.Reason);
            return RequestOutcome.Failure(FalError.Invalid(problem.Detail), Seconds(began));
        }

        await using var _ = inputs;
        var fetchSeconds = Seconds(fetchBegan);
        queue.Log(request, "INFO", $"Inputs are here ({fetchSeconds:F1} s{fetched switch { null => "", { WasHere: true } => ", fetched while waiting", _ => ", begun while waiting" }}).");

        // 3. The run.
        var runBegan = clock.GetTimestamp();
        RunJob job = new()
        {
            RequestId = request.Id,
            Attempt = request.Attempts,
            Worker = worker,
            Request = input,
            Video = inputs.Video,
            Mask = inputs.Mask,
            Loras = inputs.Loras,
            OutputFolder = work,
        };
        var result = await RunAsync(job, request, ct);
        var runSeconds = Seconds(runBegan);

        // 4. The end.
        switch (result)
        {
            case RunResult.Rejected rejected:
                foreach (var detail in rejected.Details)
                {
                    queue.Log(request, "ERROR", detail.Message);
                }

                return RequestOutcome.Failure(FalError.Invalid(rejected.Details), runSeconds);
            case RunResult.Failed failed:
                return RequestOutcome.Failure(failed.Error, runSeconds);
            case RunResult.Succeeded made:
                var timings = made.StageSeconds.Prepend(KeyValuePair.Create("inputs", fetchSeconds)).ToDictionary();
                metrics.Ran(runSeconds, timings);
                var output = await files.AdoptOutputAsync(request.Id, request.Stored.Owner, made.OutputPath, made.ContentType, request.Stored.OutputSeconds);
                queue.Log(request, "INFO", $"Finished in {runSeconds:F1} s.");
                return Success(made, input.SyncMode, output, timings, runSeconds);
            default:
                throw new InvalidOperationException($"A run cannot end as {result.GetType().Name}.");
        }
    }

    /// <summary>The run itself, and meanwhile a look at what comes next.</summary>
    private async Task<RunResult> RunAsync(RunJob job, LiveRequest request, CancellationToken ct)
    {
        using CancellationTokenSource ended = new();
        var watching = ahead.WatchAsync(job.Worker, request.Stored.LoraSet, ended.Token);
        try
        {
            return await runner.RunAsync(job, new ProgressSink(queue, request), ct);
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
    private sealed class ProgressSink(RequestQueue queue, LiveRequest request) : IProgress<RunProgress>
    {
        public void Report(RunProgress value)
        {
            request.SetProgress(value);
            if (value.Log is { } line)
            {
                queue.Log(request, value.Level, line);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The run of request {Id} failed")]
    private static partial void RunFailed(ILogger logger, string id, Exception e);
}
