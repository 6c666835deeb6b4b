using Ltx.Server.Storage;

namespace Ltx.Server.Queue;

/// <summary>The webhooks that are owed, in the database, and the bell that wakes their sender.</summary>
internal sealed class WebhookQueue(Database database) : IDisposable
{
    private readonly SemaphoreSlim _bell = new(0, 1);

    /// <summary>Wakes the sender; one ring is remembered.</summary>
    public void Wake()
    {
        try
        {
            _bell.Release();
        }
        catch (SemaphoreFullException)
        {
            // It has been rung already.
        }
    }

    public Task<bool> WaitAsync(TimeSpan atMost, CancellationToken ct) => _bell.WaitAsync(atMost, ct);

    /// <summary>Webhooks whose time has come.</summary>
    public List<OwedWebhook> Due(DateTimeOffset now, int limit) => database.Read(db => db.Query(
        "SELECT request_id, url, tries FROM webhooks WHERE state = 1 AND next_at <= $now ORDER BY next_at LIMIT $limit",
        r => new OwedWebhook(r.Text("request_id")!, r.Text("url")!, (int)r.Number("tries")!.Value), ("$now", now), ("$limit", limit)));

    public DateTimeOffset? NextDue() => database.Read(db => db.Query("SELECT min(next_at) AS at FROM webhooks WHERE state = 1", r => r.Time("at"))).FirstOrDefault();

    public long CountOwed() => database.Read(db => db.Scalar<long>("SELECT count(*) FROM webhooks WHERE state = 1"));

    /// <summary>Notes a try: with <paramref name="nextAt"/> another one follows, without it the webhook is settled.</summary>
    public Task NoteAsync(string requestId, string outcome, bool delivered, DateTimeOffset? nextAt) => database.WriteAsync(db => db.Execute(
        "UPDATE webhooks SET tries = tries + 1, last_outcome = $outcome, next_at = $next, state = $state WHERE request_id = $id AND state = 1",
        ("$id", requestId), ("$outcome", outcome), ("$next", nextAt), ("$state", delivered ? 2 : nextAt is null ? 3 : 1)));

    public void Dispose() => _bell.Dispose();
}
