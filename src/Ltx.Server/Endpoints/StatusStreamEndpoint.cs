using System.Text;
using Ltx.Server.Auth;
using Ltx.Server.Fal;
using Ltx.Server.Queue;

namespace Ltx.Server.Endpoints;

/// <summary>
/// The status as server-sent events. fal's client adds up the logs itself, so each event carries only new lines; and it decodes each
/// network chunk on its own, so an event is ASCII and leaves in one piece.
/// </summary>
internal static class StatusStreamEndpoint
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>Changes that follow each other faster are told together.</summary>
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(50);

    public static async Task StreamAsync(HttpContext context, string id, VisibleRequests requests, RequestStore store, IHostApplicationLifetime lifetime)
    {
        var live = requests.Live(Caller.Of(context), id);
        if (live is null && requests.Stored(Caller.Of(context), id) is null)
        {
            await FalResponse.NotFoundAsync(context);
            return;
        }

        FalResponse.SetRequestId(context, id);
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["X-Accel-Buffering"] = "no"; // nginx would gather the events
        var wantsLogs = QueueEndpoints.WantsLogs(context);
        var sent = live is null ? 0 : await FollowAsync(context, live, wantsLogs, lifetime.ApplicationStopping);
        if (sent >= 0)
        {
            var logs = live is null ? store.Logs(id) : live.Logs(sent);
            await SendAsync(context, StatusBody.Completed(store.Find(id)!, wantsLogs ? logs : null));
        }
    }

    /// <summary>Tells every change until the request is completed; returns the number of log lines told, or -1 when the server stops before.</summary>
    private static async Task<int> FollowAsync(HttpContext context, LiveRequest live, bool wantsLogs, CancellationToken stopping)
    {
        var ct = context.RequestAborted;
        var sent = 0;
        byte[] last = [];
        while (true)
        {
            var changed = live.Changed; // before the look, so that no change falls between the two
            var state = live.State;
            if (state == RequestState.Completed)
            {
                await live.Finished.Task;
                return sent;
            }

            if (state == RequestState.Queued && stopping.IsCancellationRequested)
            {
                return -1;
            }

            var fresh = state == RequestState.Running && wantsLogs ? live.Logs(sent) : [];
            var body = StatusBody.Live(live, state, wantsLogs ? fresh : null);
            if (fresh.Count > 0 || !body.AsSpan().SequenceEqual(last))
            {
                await SendAsync(context, body);
                last = body;
                sent += fresh.Count;
            }

            await Task.Delay(LeastPause, ct);
            await WaitAsync(context, changed, stopping);
        }
    }

    private static async Task WaitAsync(HttpContext context, Task changed, CancellationToken stopping)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        while (!changed.IsCompleted && !stopping.IsCancellationRequested)
        {
            try
            {
                await changed.WaitAsync(KeepAlive, waiting.Token);
            }
            catch (TimeoutException)
            {
                await context.Response.Body.WriteAsync(": keep-alive\n\n"u8.ToArray(), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static async Task SendAsync(HttpContext context, byte[] body)
    {
        await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes($"data: {Encoding.ASCII.GetString(body)}\n\n"), context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
