using System.Text.Json;
using Ltx.Server.Queue;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Webhooks;

[Fast]
public class WebhookTests
{
    [Fact]
    public async Task A_webhook_is_signed_and_carries_the_result()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var server = await TestServer.StartAsync();
        var id = await SubmitAsync(server, receiver.Url + "?a=b%20c", TestServer.Input());
        var delivery = await receiver.WaitForAsync(d => d.RequestId == id);
        Assert.Equal("?a=b%20c", delivery.Query);
        Assert.Equal("application/json", delivery.ContentType);
        Assert.Equal(128, delivery.Signature.Length);
        Assert.NotEmpty(delivery.UserId);
        Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - long.Parse(delivery.Timestamp), 0, 300);
        var key = await WebhookReceiver.KeyAsync(server.Client);
        Assert.True(WebhookReceiver.Verify(delivery, key));
        Assert.False(WebhookReceiver.Verify(delivery with { Body = [.. delivery.Body, 32] }, key));
        Assert.Equal(["error", "gateway_request_id", "payload", "request_id", "status"], delivery.Json.EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.Null, delivery.Json.GetProperty("error").ValueKind);
        Assert.Equal("OK", delivery.Json.GetProperty("status").GetString());
        Assert.Equal((await server.ResultAsync(id)).Body, delivery.Json.GetProperty("payload").GetRawText());
    }

    [Fact]
    public async Task A_failure_carries_the_detail_and_the_live_error_text()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var server = await TestServer.StartAsync(o => o.Fal.ValidateAtSubmit = false);
        var id = await SubmitAsync(server, receiver.Url, TestServer.Input(("num_frames", 1)));
        var json = (await receiver.WaitForAsync(d => d.RequestId == id)).Json;
        Assert.Equal("Unexpected status code: 422", json.GetProperty("error").GetString());
        Assert.Equal("ERROR", json.GetProperty("status").GetString());
        Assert.Equal("greater_than_equal", json.GetProperty("payload").GetProperty("detail")[0].GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_failed_delivery_is_signed_again_and_repeated_until_it_is_taken()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = n => n < 3 ? 503 : 204;
        await using var server = await TestServer.StartAsync(o => o.Webhooks.RetrySeconds = [0.05, 1.1, 0.05]);
        var id = await SubmitAsync(server, receiver.Url, TestServer.Input());
        await server.WaitForAsync(id);
        await SettledAsync(server);
        var deliveries = receiver.Deliveries.ToArray();
        Assert.Equal(3, deliveries.Length);
        Assert.All(deliveries, d => Assert.Equal(id, d.RequestId));
        Assert.NotEqual(deliveries[0].Signature, deliveries[2].Signature);
        var key = await WebhookReceiver.KeyAsync(server.Client);
        Assert.All(deliveries, d => Assert.True(WebhookReceiver.Verify(d, key)));
    }

    [Fact]
    public async Task A_redirect_is_a_permanent_failure_and_is_not_followed()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = _ => 302;
        await using var server = await TestServer.StartAsync(o => o.Webhooks.RetrySeconds = [0.01, 0.01]);
        await server.WaitForAsync(await SubmitAsync(server, receiver.Url, TestServer.Input()));
        await SettledAsync(server);
        Assert.Single(receiver.Deliveries);
    }

    [Fact]
    public async Task A_webhook_owed_at_a_stop_arrives_after_the_next_start()
    {
        using TempFolder data = new();
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = _ => 500;
        string id;
        await using (var server = await TestServer.StartAsync(o => o.Webhooks.RetrySeconds = [2, 2, 2, 2, 2, 2, 2, 2, 2, 2], data: data.Path))
        {
            id = await SubmitAsync(server, receiver.Url, TestServer.Input());
            await receiver.WaitForAsync(_ => true);
        }

        receiver.Answer = _ => 200;
        var before = receiver.Deliveries.Count;
        await using var next = await TestServer.StartAsync(data: data.Path);
        await receiver.WaitForAsync(_ => receiver.Deliveries.Count > before);
        Assert.True(WebhookReceiver.Verify(receiver.Deliveries.Last(), await WebhookReceiver.KeyAsync(next.Client)));
        Assert.Equal(id, receiver.Deliveries.Last().RequestId);
    }

    [Fact]
    public async Task A_malformed_webhook_url_is_refused_at_submit()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var url in new[] { "ftp://example.com/x", "not a url", "file:///etc/passwd" })
        {
            Assert.Equal(400, (await server.PostAsync($"{TestServer.Submit}?fal_webhook={Uri.EscapeDataString(url)}", TestServer.Input())).Status);
        }
    }

    /// <summary>Waits until nothing is owed any more, of what has ended.</summary>
    private static async Task SettledAsync(TestServer server)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(120); server.Service<WebhookQueue>().CountOwed() > 0; await Task.Delay(10))
        {
            Assert.True(DateTime.UtcNow < deadline, "The webhook is neither delivered nor given up.");
        }
    }

    private static async Task<string> SubmitAsync(TestServer server, string webhook, object input) =>
        (await server.PostAsync($"{TestServer.Submit}?fal_webhook={Uri.EscapeDataString(webhook)}", input)).Json.GetProperty("request_id").GetString()!;
}
