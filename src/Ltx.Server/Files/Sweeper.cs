using Ltx.Server.Configuration;
using Ltx.Server.Queue;

namespace Ltx.Server.Files;

/// <summary>Ends the life of files and rows whose time is over, once a minute.</summary>
internal sealed partial class Sweeper(LtxOptions options, FileStore files, RequestStore requests, TimeProvider clock, ILogger<Sweeper> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMinutes(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var now = clock.GetUtcNow();
                var removedFiles = await files.SweepAsync();
                var removedRequests = await requests.SweepAsync(now - options.Queue.HistoryLifetime, now - options.Queue.UnstoredResultLifetime);
                if (removedFiles + removedRequests > 0)
                {
                    Swept(logger, removedFiles, removedRequests);
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(logger, e); // a disk that is full or away may be back in a minute; /health/ready tells meanwhile
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Files} files and {Requests} old requests")]
    private static partial void Swept(ILogger logger, int files, int requests);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sweeping the data folder failed; it is tried again in a minute")]
    private static partial void Failed(ILogger logger, Exception e);
}
