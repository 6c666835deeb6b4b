using System.Collections.Concurrent;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Observability;
using Ltx.Server.Queue;

namespace Ltx.Server.Webhooks;

/// <summary>Delivers owed webhooks at least once: what a crash interrupts is sent again.</summary>
internal sealed partial class WebhookSender(
    LtxOptions options, WebhookQueue queue, WebhookCall call, ServerMetrics metrics, TimeProvider clock, ILogger<WebhookSender> logger) : BackgroundService
{
    /// <summary>The keyed service that sends: it must refuse the addresses that the downloader refuses and follow no redirect.</summary>
    public const string ClientKey = "webhooks";

    /// <summary>A multiple of one key's: all keys together have no more on their way.</summary>
    private const int KeysAtOnce = 8;

    /// <summary>How long what cannot even be noted is left alone.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, OwedWebhook> _onTheirWay = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                NotLooked(logger, e); // what is owed is on disk, and the disk may be back in a moment
                await Task.Delay(Rest, stoppingToken);
            }
        }
    }

    /// <summary>Sends what is due, as far as there is room, and waits until there is more of either.</summary>
    private async Task RoundAsync(CancellationToken stopping)
    {
        // Looked at before what is due is read: one that arrives between the two would be due in the list, no longer on its way, and sent again.
        var onTheirWay = _onTheirWay.Values.ToList();
        var now = clock.GetUtcNow();
        var (ofOwner, ofHost) = (options.Webhooks.Concurrency, options.Webhooks.ConcurrencyPerHost);

        // Twice what an owner may have: those to hosts that are busy are passed over.
        foreach (var webhook in queue.Due(now, onTheirWay.Select(w => w.RequestId), 2 * ofOwner, ofHost))
        {
            var same = onTheirWay.Where(w => w.Owner == webhook.Owner).ToList();
            if (onTheirWay.Count < KeysAtOnce * ofOwner && same.Count < ofOwner && same.Count(w => w.Host == webhook.Host) < ofHost
                && (webhook.Tries == 0 || same.Count(w => w.Tries > 0) < Math.Max(1, ofOwner / 2)))
            {
                onTheirWay.Add(webhook);
                _onTheirWay[webhook.RequestId] = webhook;
                _ = SendAsync(webhook, stopping);
            }
        }

        var pause = queue.NextDue(now) is { } next ? next - clock.GetUtcNow() : TimeSpan.FromSeconds(30);
        await queue.WaitAsync(TimeSpan.FromMilliseconds(Math.Clamp(pause.TotalMilliseconds, 50, 30_000)), stopping);
    }

    private async Task SendAsync(OwedWebhook webhook, CancellationToken stopping)
    {
        await Task.Yield(); // what comes before the first wait of a try is not the round's
        try
        {
            var (outcome, delivered, permanent) = await TryAnyAsync(webhook, stopping);
            var retry = !delivered && !permanent && webhook.Tries < options.Webhooks.RetrySeconds.Length
                ? clock.GetUtcNow().AddSeconds(options.Webhooks.RetrySeconds[webhook.Tries]) : (DateTimeOffset?)null;
            await queue.NoteAsync(webhook.RequestId, outcome, delivered, retry);
            metrics.WebhookTried(delivered ? "delivered" : retry is null ? "given_up" : "failed");
            Tried(logger, webhook.RequestId, InputUrl.Redact(webhook.Url), webhook.Tries + 1, outcome);
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // Still owed; the next start sends it.
        }
        catch (Exception e)
        {
            // Sent or not, the disk does not know: it comes again, but not at once.
            NotNoted(logger, webhook.RequestId, e);
            await Task.Delay(Rest, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            _onTheirWay.TryRemove(webhook.RequestId, out _);
            queue.Wake();
        }
    }

    /// <summary>A try that goes wrong in a way that nobody foresaw is a failed try like others: counted and put off.</summary>
    private async Task<(string Outcome, bool Delivered, bool Permanent)> TryAnyAsync(OwedWebhook webhook, CancellationToken stopping)
    {
        try
        {
            return await call.TryAsync(webhook, stopping);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            Failed(logger, webhook.RequestId, e);
            return (e.GetType().Name, false, false);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Webhook of {Id} to {Url}, try {Try}: {Outcome}")]
    private static partial void Tried(ILogger logger, string id, string url, int @try, string outcome);

    [LoggerMessage(Level = LogLevel.Error, Message = "The webhook of {Id} could not be made or sent")]
    private static partial void Failed(ILogger logger, string id, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "What became of the webhook of {Id} could not be stored; it is sent again")]
    private static partial void NotNoted(ILogger logger, string id, Exception e);

    [LoggerMessage(Level = LogLevel.Error, Message = "The webhooks that are owed could not be read")]
    private static partial void NotLooked(ILogger logger, Exception e);
}
