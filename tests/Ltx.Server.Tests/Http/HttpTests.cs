using System.Text;
using Ltx.Server.Http;
using Ltx.Server.Storage;
using Ltx.Server.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ltx.Server.Tests.Http;

[Fast]
public class HttpTests
{
    [Fact]
    public async Task Queue_host_names_are_a_mount_and_urls_stay_on_it()
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync($"{TestServer.App}/inpaint/lora", TestServer.Input(), ("Host", "queue.localhost:9"));
        var id = answer.Json.GetProperty("request_id").GetString();
        Assert.Equal($"http://queue.localhost:9/fal-ai/ltx-2.3-quality/requests/{id}/status", answer.Json.GetProperty("status_url").GetString());
        var prefixed = await server.PostAsync($"/run{TestServer.App}/inpaint/lora", TestServer.Input(), ("Host", "queue.localhost:9"));
        Assert.True(prefixed.Json.TryGetProperty("video", out _)); // an explicit prefix wins
    }

    [Fact]
    public async Task Forwarded_headers_count_only_from_a_configured_proxy()
    {
        (string, string)[] headers = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "ltx.example.org")];
        await using (var server = await TestServer.StartAsync(o => o.Auth.AllowAnonymous = true))
        {
            Assert.StartsWith(server.Url, (await server.PostAsync(TestServer.Submit, TestServer.Input(), headers)).Json.GetProperty("status_url").GetString(), StringComparison.Ordinal);
        }

        await using (var server = await TestServer.StartAsync(o => (o.Auth.AllowAnonymous, o.Server.TrustedProxies) = (true, ["127.0.0.0/8"])))
        {
            Assert.StartsWith("https://ltx.example.org/queue/", (await server.PostAsync(TestServer.Submit, TestServer.Input(), headers)).Json.GetProperty("status_url").GetString(), StringComparison.Ordinal);
        }

        await using (var server = await TestServer.StartAsync(o => o.Server.PublicUrl = "https://public.example.org"))
        {
            Assert.StartsWith("https://public.example.org/queue/", (await server.PostAsync(TestServer.Submit, TestServer.Input())).Json.GetProperty("status_url").GetString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://example.com/fal-ai/ltx-2.3-quality/inpaint/lora")]
    [InlineData("https://fal.run.example.com/x")]
    [InlineData("https://xfal.run/x")]
    [InlineData("file:///etc/passwd")]
    [InlineData("nonsense")]
    public async Task The_proxy_refuses_what_is_not_fal(string? target)
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.SendAsync(HttpMethod.Get, "/api/fal/proxy", null, target is null ? [] : [("x-fal-target-url", target)]);
        Assert.Equal((400, "{\"detail\":\"Invalid request\"}"), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task Who_waited_for_a_recovery_that_failed_may_ask_again()
    {
        DefaultHttpContext context = new();
        await new ErrorMiddleware(_ => throw new DataFolderException("The database is damaged."), NullLogger<ErrorMiddleware>.Instance).InvokeAsync(context);
        Assert.Equal(503, context.Response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/fal-ai/ltx-2.3-quality/inpaint/lora/stream", 404, "Path /inpaint/lora/stream not found")]
    [InlineData("POST", "/fal-ai/ltx-2.3-quality/inpaint/lora/stream", 404, "Path /inpaint/lora/stream not found")]
    [InlineData("POST", "/queue/fal-ai/ltx-2.3-quality/outpaint", 404, "Path /outpaint not found")]
    [InlineData("POST", "/queue/fal-ai/flux/dev", 404, "Application \"flux\" not found")]
    [InlineData("GET", "/fal-ai/ltx-2.3-quality/inpaint/lora", 405, "Method Not Allowed")]
    [InlineData("DELETE", "/requests", 405, "Method Not Allowed")]
    public async Task Every_error_is_fals_json(string method, string path, int status, string detail)
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.SendAsync(new HttpMethod(method), path, null);
        Assert.Equal((status, detail), (answer.Status, answer.Json.GetProperty("detail").GetString()));
        Assert.Equal("application/json", answer.Header("content-type"));
        Assert.True(Guid.TryParse(answer.Header("x-fal-request-id"), out _));
    }

    [Fact]
    public async Task Bodies_are_read_whatever_they_are_called_and_refused_in_fals_form()
    {
        await using var server = await TestServer.StartAsync(o => o.Limits.MaxBodyBytes = 100_000);
        var form = new StringContent(System.Text.Json.JsonSerializer.Serialize(TestServer.Input()), Encoding.UTF8, "application/x-www-form-urlencoded");
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Post, TestServer.Submit, form)).Status);
        var empty = await server.SendAsync(HttpMethod.Post, TestServer.Submit, new StringContent("", Encoding.UTF8, "application/json"));
        Assert.Equal((422, "missing", "[\"body\"]"), (empty.Status, empty.Detail.GetProperty("type").GetString(), empty.Detail.GetProperty("loc").GetRawText()));
        var broken = await server.SendAsync(HttpMethod.Post, TestServer.Submit, new StringContent("{\"prompt\":"));
        Assert.Equal((422, "json_invalid"), (broken.Status, broken.Detail.GetProperty("type").GetString()));
        Assert.Equal("0", broken.Header("x-fal-billable-units"));
        var big = await server.SendAsync(HttpMethod.Post, TestServer.Submit, new StringContent(new string(' ', 100_001)));
        Assert.Equal((413, "application/json"), (big.Status, big.Header("content-type")));
        using HttpRequestMessage chunked = new(HttpMethod.Post, TestServer.Submit) { Content = new StreamContent(new MemoryStream(new byte[200_000])) };
        chunked.Headers.TransferEncodingChunked = true;
        using var answer = await server.Client.SendAsync(chunked);
        Assert.Equal(413, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Browsers_may_call_with_fals_headers_and_read_them()
    {
        await using var server = await TestServer.StartAsync();
        (string, string)[] preflight = [("Origin", "http://localhost:5173"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization,content-type,x-fal-queue-priority")];
        var answer = await server.SendAsync(HttpMethod.Options, TestServer.Submit, null, preflight);
        Assert.Equal(204, answer.Status);
        Assert.Contains("x-fal-queue-priority", answer.Header("access-control-allow-headers"), StringComparison.Ordinal);
        Assert.Contains("POST", answer.Header("access-control-allow-methods"), StringComparison.Ordinal);
        var posted = await server.PostAsync(TestServer.Submit, new { }, ("Origin", "http://localhost:5173"));
        Assert.Equal(422, posted.Status);
        Assert.Contains("x-fal-request-id", posted.Header("access-control-expose-headers"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_status_stream_is_ascii_whole_events_without_repeated_lines()
    {
        await using var server = await TestServer.StartAsync(engine: new TestHost.FakeEngine { FourthStep = new() });
        var id = await server.SubmitAsync();
        using HttpRequestMessage message = new(HttpMethod.Get, $"/queue{TestServer.App}/requests/{id}/status/stream?logs=1");
        message.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        using var answer = await server.Client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead);
        Assert.StartsWith("text/event-stream", answer.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        using StreamReader reader = new(await answer.Content.ReadAsStreamAsync());
        StringBuilder read = new();
        while (await reader.ReadLineAsync() is { } line)
        {
            read.Append(line).Append('\n');
            if (line.Contains("\"step\":4,", StringComparison.Ordinal))
            {
                server.Engine.FourthStep!.Open();
            }
        }

        var text = read.ToString();
        Assert.All(text, c => Assert.InRange(c, '\n', '~'));
        var events = text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(e => !e.StartsWith(':')).Select(e => System.Text.Json.JsonDocument.Parse(e["data: ".Length..]).RootElement).ToArray();
        Assert.Equal("COMPLETED", events[^1].GetProperty("status").GetString());
        var lines = events.Where(e => e.GetProperty("logs").ValueKind == System.Text.Json.JsonValueKind.Array).SelectMany(e => e.GetProperty("logs").EnumerateArray()).Select(l => l.GetProperty("message").GetString()).ToArray();
        Assert.Equal(lines.Distinct(), lines);
        Assert.Equal((await server.WaitForAsync(id)).GetProperty("logs").GetArrayLength(), lines.Length);
        Assert.Contains(events, e => e.TryGetProperty("progress", out var p) && p.GetProperty("step").GetInt32() == 4);
    }

    [Fact]
    public async Task The_openapi_document_describes_the_endpoint()
    {
        await using var server = await TestServer.StartAsync();
        var document = (await server.GetAsync("/openapi.json")).Json;
        var input = document.GetProperty("components").GetProperty("schemas").GetProperty("Ltx23QualityInpaintLoraInput");
        Assert.Equal(["prompt", "video_url", "mask_video_url", "loras"], input.GetProperty("required").EnumerateArray().Select(r => r.GetString()));
        Assert.Equal(17, input.GetProperty("properties").EnumerateObject().Count());
        Assert.Equal((9, 481, 121), (input.GetProperty("properties").GetProperty("num_frames").GetProperty("minimum").GetInt32(),
            input.GetProperty("properties").GetProperty("num_frames").GetProperty("maximum").GetInt32(), input.GetProperty("properties").GetProperty("num_frames").GetProperty("default").GetInt32()));
        Assert.Contains("/fal-ai/ltx-2.3-quality/inpaint/lora/requests/{request_id}/status", document.GetProperty("paths").EnumerateObject().Select(p => p.Name));
        var sibling = (await server.GetAsync("/openapi.json?endpoint_id=fal-ai/ltx-2.3-quality/inpaint")).Json;
        Assert.False(sibling.GetProperty("components").GetProperty("schemas").GetProperty("Ltx23QualityInpaintInput").GetProperty("properties").TryGetProperty("loras", out _));
    }

    [Fact]
    public async Task Readiness_waits_for_the_model()
    {
        await using var server = await TestServer.StartAsync(engine: new TestHost.FakeEngine { Load = new() });
        var waiting = await server.GetAsync("/health/ready");
        for (var deadline = DateTime.UtcNow.AddSeconds(60); !waiting.Json.TryGetProperty("loading", out _); waiting = await server.GetAsync("/health/ready"))
        {
            Assert.Equal(503, waiting.Status);
            Assert.True(DateTime.UtcNow < deadline, "The worker does not begin to load.");
            await Task.Delay(20);
        }
        Assert.Equal(503, waiting.Status);
        Assert.Equal("""[{"worker":0,"component":"everything","bytes":3000000000,"gigabytes_per_second":1.5,"fraction":0.25}]""", waiting.Json.GetProperty("loading").GetRawText());
        Assert.Equal(200, (await server.GetAsync("/health/live")).Status);
        server.Engine.Load!.Open();
        for (var deadline = DateTime.UtcNow.AddSeconds(60); (await server.GetAsync("/health/ready")).Status != 200; await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < deadline, "The server does not become ready.");
        }
        Assert.False((await server.GetAsync("/health/ready")).Json.TryGetProperty("loading", out _));
    }

    [Fact]
    public async Task Tokens_are_strings()
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync("/tokens/", new { allowed_apps = new[] { "ltx-2.3-quality" }, token_expiration = 120 });
        Assert.Equal(System.Text.Json.JsonValueKind.String, answer.Json.ValueKind);
    }
}
