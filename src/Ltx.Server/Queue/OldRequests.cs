using Ltx.Server.Configuration;
using Ltx.Server.Storage;

namespace Ltx.Server.Queue;

/// <summary>Forgets finished requests when the settings say so.</summary>
internal sealed class OldRequests(LtxOptions options, RequestStore store, TimeProvider clock) : ISwept
{
    public string Kind => "old requests";

    public Task<int> SweepAsync()
    {
        var now = clock.GetUtcNow();
        return store.SweepAsync(now - options.Queue.HistoryLifetime, now - options.Queue.UnstoredResultLifetime);
    }
}
