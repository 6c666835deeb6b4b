using Microsoft.Data.Sqlite;

namespace Ltx.Server.Queue;

/// <summary>
/// Stores what has happened however long the database is full, in use by another program or away: whoever waits here is paused by it, and goes on where
/// it was when it is back. `/health/ready` tells meanwhile.
/// </summary>
internal sealed partial class Insistence(ILogger<Insistence> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200), LongestPause = TimeSpan.FromSeconds(10);

    /// <param name="what">what cannot be stored, for the log</param>
    /// <param name="write">stores it; may be called again after a failure</param>
    /// <param name="giveUp">the server's end: a try that fails after it is the last one</param>
    /// <exception cref="SqliteException">It is not stored, and the server ends.</exception>
    public async Task<T> StoreAsync<T>(string what, Func<Task<T>> write, CancellationToken giveUp)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await write();
            }
            catch (SqliteException e) when (!giveUp.IsCancellationRequested)
            {
                Waiting(logger, what, e.Message, pause.TotalSeconds);
                await Task.Delay(pause, giveUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public Task StoreAsync(string what, Func<Task> write, CancellationToken giveUp) => StoreAsync(what, async () =>
    {
        await write();
        return true;
    }, giveUp);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What} cannot be stored ({Reason}); tried again in {Seconds} s")]
    private static partial void Waiting(ILogger logger, string what, string reason, double seconds);
}
