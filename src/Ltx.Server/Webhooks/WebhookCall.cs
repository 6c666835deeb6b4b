using System.Globalization;
using System.Net.Http.Headers;
using Ltx.Server.Configuration;
using Ltx.Server.Fetch;
using Ltx.Server.Queue;

namespace Ltx.Server.Webhooks;

/// <summary>One try to deliver one webhook.</summary>
internal sealed class WebhookCall(
    LtxOptions options, RequestStore store, WebhookPayload payloads, WebhookSigner signer, [FromKeyedServices(WebhookSender.ClientKey)] HttpMessageInvoker client, TimeProvider clock)
{
    /// <summary>What came of it, in a word or two; permanent where another try would come to the same.</summary>
    public async Task<(string Outcome, bool Delivered, bool Permanent)> TryAsync(OwedWebhook webhook, CancellationToken stopping)
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

        using var message = await MessageAsync(webhook, target, stopping);
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

    private async Task<HttpRequestMessage> MessageAsync(OwedWebhook webhook, Uri target, CancellationToken stopping)
    {
        var request = store.Find(webhook.RequestId) ?? throw new InvalidDataException($"Request {webhook.RequestId} owes a webhook and is not there.");
        var body = await payloads.CreateAsync(request, stopping);
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds();
        HttpRequestMessage message = new(HttpMethod.Post, target) { Content = new ByteArrayContent(body) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.Add("X-Fal-Webhook-Request-Id", webhook.RequestId);
        message.Headers.Add("X-Fal-Webhook-User-Id", options.Webhooks.UserId);
        message.Headers.Add("X-Fal-Webhook-Timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        message.Headers.Add("X-Fal-Webhook-Signature", signer.Sign(webhook.RequestId, options.Webhooks.UserId, timestamp, body));
        return message;
    }
}
