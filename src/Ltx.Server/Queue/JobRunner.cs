using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Storage;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Queue;

/// <summary>
/// One attempt at one request: the beginning, the work, which is its kind's (<see cref="IAttempt"/>), and the end. Returns when the outcome is on
/// disk.
/// </summary>
internal sealed partial class JobRunner(
    LtxOptions options, IEnumerable<IAttempt> attempts, JobRecord record, TimeProvider clock, ILogger<JobRunner> logger)
{
    /// <summary>Takes the next request and runs it. Null: the server is stopping.</summary>
    /// <param name="kind">of its work</param>
    /// <param name="worker">which one takes it</param>
    /// <param name="loadedLoraSet">the LoRAs that the worker has loaded</param>
    /// <param name="giveUp">the server's end</param>
    public async Task<LiveRequest?> RunNextAsync(JobKind kind, int worker, string? loadedLoraSet, CancellationToken giveUp)
    {
        var request = await record.TakeAsync(kind, loadedLoraSet, giveUp);
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
        var attempt = attempts.First(a => a.Kind == request.Kind);
        cancellation.CancelAfter(attempt.Longest);
        RequestOutcome? outcome;
        var counts = false;
        try
        {
            // A cancel may have come between the take and the token that it cancels.
            if (request.StopReason != StopReason.None)
            {
                await cancellation.CancelAsync();
            }

            record.Log(request, "INFO", request.Beginning(options.Queue.MaxAttempts));
            outcome = await attempt.RunAsync(request, worker, cancellation.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            outcome = Stopped(request, Seconds(began));
        }
        catch (SqliteException e) when (request.AttemptsInVain < options.Queue.MaxAttempts)
        {
            // Not its fault. The attempt counts all the same: a part of the database that is never read again must not be tried for ever.
            RunFailed(logger, request.Id, e);
            (outcome, counts) = (null, true);
        }
        catch (Exception e)
        {
            RunFailed(logger, request.Id, e);
            outcome = RequestOutcome.Failure(
                e is IFalAnswer known ? known.Answer
                : DiskTrouble.IsFull(e) ? FalError.Infrastructure(507, "internal_error", "The server's disk is full.")
                : FalError.Model(500, "internal_server_error", "Internal server error", retryable: true), Seconds(began));
        }

        attempt.End(request);
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The run of request {Id} failed")]
    private static partial void RunFailed(ILogger logger, string id, Exception e);
}
