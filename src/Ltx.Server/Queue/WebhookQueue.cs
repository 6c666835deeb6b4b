using Ltx.Server.Fal;
using Ltx.Server.Fetch;
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

    /// <summary>The host that a webhook goes to, for <see cref="Due"/>; empty where it goes nowhere.</summary>
    public static string HostOf(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? HostName.Of(uri) ?? "" : "";

    /// <summary>
    /// Webhooks whose time has come, of every owner and every host some, in turns: thousands that go wrong stand in nobody else's way. First tries
    /// come before later ones.
    /// </summary>
    /// <param name="now">the time</param>
    /// <param name="without">requests whose webhooks are on their way</param>
    /// <param name="ofOwner">the most of one owner</param>
    /// <param name="ofHost">the most of one owner to one host</param>
    public List<OwedWebhook> Due(DateTimeOffset now, IEnumerable<string> without, int ofOwner, int ofHost) => database.Read(db => db.Query(
        """
        SELECT * FROM (
          SELECT *, row_number() OVER (PARTITION BY owner ORDER BY tries > 0, in_host, next_at) AS in_owner FROM (
            SELECT *, row_number() OVER (PARTITION BY owner, host ORDER BY tries > 0, next_at) AS in_host FROM webhooks
            WHERE state = 1 AND next_at <= $now AND request_id NOT IN (SELECT value FROM json_each($without)))
          WHERE in_host <= $ofHost)
        WHERE in_owner <= $ofOwner ORDER BY in_owner, next_at
        """,
        r => new OwedWebhook(r.Text("request_id")!, r.Text("url")!, (int)r.Number("tries")!.Value, r.Text("owner")!, r.Text("host")!),
        ("$now", now), ("$without", FalJson.Text(json =>
        {
            json.WriteStartArray();
            foreach (var id in without)
            {
                json.WriteStringValue(id);
            }

            json.WriteEndArray();
        })), ("$ofOwner", ofOwner), ("$ofHost", ofHost)));

    /// <summary>When the next one is due that is not due yet.</summary>
    public DateTimeOffset? NextDue(DateTimeOffset now) =>
        database.Read(db => db.Query(
            "SELECT min(next_at) AS at FROM webhooks WHERE state = 1 AND next_at > $now", r => r.Time("at"), ("$now", now))).FirstOrDefault();

    public long CountOwed() => database.Read(db => db.Scalar<long>("SELECT count(*) FROM webhooks WHERE state = 1"));

    /// <summary>Notes a try: with <paramref name="nextAt"/> another one follows, without it the webhook is settled.</summary>
    public Task NoteAsync(string requestId, string outcome, bool delivered, DateTimeOffset? nextAt) => database.WriteAsync(db => db.Execute(
        "UPDATE webhooks SET tries = tries + 1, last_outcome = $outcome, next_at = $next, state = $state WHERE request_id = $id AND state = 1",
        ("$id", requestId), ("$outcome", outcome), ("$next", nextAt), ("$state", delivered ? 2 : nextAt is null ? 3 : 1)));

    public void Dispose() => _bell.Dispose();
}

/// <summary>A completed request's webhook that has not been acknowledged.</summary>
/// <param name="RequestId">the request that owes it</param>
/// <param name="Url">where it goes, as the client wrote it</param>
/// <param name="Tries">how many were made so far</param>
/// <param name="Owner">the key whose request it was</param>
/// <param name="Host">the host of <paramref name="Url"/>; empty where it has none</param>
internal sealed record OwedWebhook(string RequestId, string Url, int Tries, string Owner, string Host);
