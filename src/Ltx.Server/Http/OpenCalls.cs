using System.Collections.Concurrent;

namespace Ltx.Server.Http;

/// <summary>
/// The calls that are being answered, so that a stop need not wait for a sender or a reader that has fallen asleep: once the queue has drained those that
/// are left get a moment to end, and are then ended.
/// </summary>
internal sealed partial class OpenCalls(ILogger<OpenCalls> logger)
{
    /// <summary>For answers that are on their way.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<HttpContext, bool> _open = new();

    public async Task PassAsync(HttpContext context, RequestDelegate next)
    {
        _open[context] = true;
        try
        {
            await next(context);
        }
        finally
        {
            _open.TryRemove(context, out _);
        }
    }

    /// <summary>Waits until all have ended, for <see cref="Grace"/>, then ends the rest.</summary>
    public async Task EndAsync()
    {
        for (var waited = TimeSpan.Zero; !_open.IsEmpty && waited < Grace; waited += Grace / 30)
        {
            await Task.Delay(Grace / 30);
        }

        if (_open.Keys.ToList() is { Count: > 0 } left)
        {
            Ended(logger, left.Count);
            left.ForEach(context => context.Abort());
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The server stops; {Count} calls that still send or read are ended")]
    private static partial void Ended(ILogger logger, int count);
}
