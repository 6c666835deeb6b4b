namespace Ltx.Server.Storage;

/// <summary>Ends the life of files and rows whose time is over, once a minute.</summary>
internal sealed partial class Sweeper(IEnumerable<ISwept> keepers, TimeProvider clock, ILogger<Sweeper> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(TimeSpan.FromMinutes(1), clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                List<(int Count, string Kind)> removed = [];
                foreach (var keeper in keepers)
                {
                    removed.Add((await keeper.SweepAsync(), keeper.Kind));
                }

                if (removed.Any(r => r.Count > 0))
                {
                    Swept(logger, string.Join(" and ", removed.Select(r => $"{r.Count} {r.Kind}")));
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Failed(logger, e); // a disk that is full or away may be back in a minute; /health/ready tells meanwhile
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {What}")]
    private static partial void Swept(ILogger logger, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sweeping the data folder failed; it is tried again in a minute")]
    private static partial void Failed(ILogger logger, Exception e);
}

/// <summary>Whoever keeps what has an end.</summary>
internal interface ISwept
{
    /// <summary>What it is, in the plural, for the log.</summary>
    string Kind { get; }

    /// <summary>Ends the life of what is over, and says how much that was.</summary>
    Task<int> SweepAsync();
}
