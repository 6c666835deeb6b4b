using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Server.Fetch;
using Ltx.Server.Observability;
using Ltx.Server.Queue;

namespace Ltx.Server.Webhooks;

/// <summary>Delivers owed webhooks at least once: what a crash interrupts is sent again.</summary>
internal sealed partial class WebhookSender(
    LtxOptions options, WebhookQueue queue, RequestStore store, WebhookPayload payloads, WebhookSigner signer,
    [FromKeyedServices(WebhookSender.ClientKey)] HttpMessageInvoker client, ServerMetrics metrics, TimeProvider clock, ILogger<WebhookSender> logger) : BackgroundService
{
    /// <summary>The keyed service that sends: it must refuse the addresses that the downloader refuses and follow no redirect.</summary>
    public const string ClientKey = "webhooks";

    private readonly ConcurrentDictionary<string, bool> _onTheirWay = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using SemaphoreSlim slots = new(options.Webhooks.Concurrency);
        while (!stoppingToken.IsCancellationRequested)
        {
            // Looked at before what is due is read: one that arrives between the two would be due in the list, no longer on its way, and sent again.
            var onTheirWay = _onTheirWay.Keys.ToHashSet();
            foreach (var webhook in queue.Due(clock.GetUtcNow(), 4 * options.Webhooks.Concurrency).Where(w => !onTheirWay.Contains(w.RequestId)))
            {
                await slots.WaitAsync(stoppingToken);
                _onTheirWay[webhook.RequestId] = true;
                _ = SendAsync(webhook, slots, stoppingToken);
            }

            var pause = queue.NextDue() is { } next ? next - clock.GetUtcNow() : TimeSpan.FromSeconds(30);
            await queue.WaitAsync(TimeSpan.FromMilliseconds(Math.Clamp(pause.TotalMilliseconds, 50, 30_000)), stoppingToken);
        }
    }

    private async Task SendAsync(OwedWebhook webhook, SemaphoreSlim slots, CancellationToken stopping)
    {
        try
        {
            var (outcome, delivered, permanent) = await TryAsync(webhook, stopping);
            var retry = !delivered && !permanent && webhook.Tries < options.Webhooks.RetrySeconds.Length
                ? clock.GetUtcNow().AddSeconds(options.Webhooks.RetrySeconds[webhook.Tries]) : (DateTimeOffset?)null;
            await queue.NoteAsync(webhook.RequestId, outcome, delivered, retry);
            metrics.WebhookTried(delivered ? "delivered" : retry is null ? "given_up" : "failed");
            Tried(logger, webhook.RequestId, InputUrl.Redact(webhook.Url), webhook.Tries + 1, outcome);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Still owed; the next start sends it.
        }
        catch (Exception e)
        {
            Failed(logger, webhook.RequestId, e); // still owed and due: the next round tries again
            await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
        }
        finally
        {
            _onTheirWay.TryRemove(webhook.RequestId, out _);
            try
            {
                slots.Release();
            }
            catch (ObjectDisposedException)
            {
                // The server has stopped meanwhile.
            }

            queue.Wake();
        }
    }

    private async Task<(string Outcome, bool Delivered, bool Permanent)> TryAsync(OwedWebhook webhook, CancellationToken stopping)
    {
        Uri target;
        try
        {
            target = SafeUrl.Parse(webhook.Url);
        }
        catch (FetchException)
        {
            return ("the URL is not allowed", false, true);
        }

        var request = store.Find(webhook.RequestId) ?? throw new InvalidDataException($"Request {webhook.RequestId} owes a webhook and is not there.");
        var body = await payloads.CreateAsync(request, stopping);
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds();
        using HttpRequestMessage message = new(HttpMethod.Post, target) { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.Add("X-Fal-Webhook-Request-Id", webhook.RequestId);
        message.Headers.Add("X-Fal-Webhook-User-Id", options.Webhooks.UserId);
        message.Headers.Add("X-Fal-Webhook-Timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        message.Headers.Add("X-Fal-Webhook-Signature", signer.Sign(webhook.RequestId, options.Webhooks.UserId, timestamp, body));

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        timeout.CancelAfter(TimeSpan.FromSeconds(webhook.Tries == 0 ? options.Webhooks.FirstTimeoutSeconds : options.Webhooks.RetryTimeoutSeconds));
        try
        {
            using var response = await client.SendAsync(message, timeout.Token);
            var code = (int)response.StatusCode;
            return ($"HTTP {code}", code is >= 200 and < 300, code is >= 300 and < 400);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return ("timed out", false, false);
        }
        catch (Exception e) when (e is FetchException || SafeHttp.IsRefusal(e))
        {
            return ("the address is not allowed", false, true);
        }
        catch (HttpRequestException e)
        {
            return (e.HttpRequestError.ToString(), false, false);
        }
        catch (IOException e)
        {
            return (e.GetType().Name, false, false);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Webhook of {Id} to {Url}, try {Try}: {Outcome}")]
    private static partial void Tried(ILogger logger, string id, string url, int @try, string outcome);

    [LoggerMessage(Level = LogLevel.Error, Message = "The webhook of {Id} could not be sent")]
    private static partial void Failed(ILogger logger, string id, Exception e);
}
