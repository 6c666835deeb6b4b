using Ltx.Server.Http;
using Ltx.Server.Storage;
using Ltx.Server.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ltx.Server.Tests.Http;

/// <summary>Headers as HTTP libraries do not write them: answered, never a 500, and nothing of them stays behind.</summary>
[Fast]
public class HostileHeaderTests
{
    [Theory]
    [InlineData("localhost:99999")]
    [InlineData("localhost:65536")]
    [InlineData("localhost:0")]
    [InlineData("a.localhost:1234567")]
    [InlineData("a..localhost")]
    [InlineData("localhost..")]
    [InlineData("!.localhost")]
    [InlineData("$&.localhost")]
    [InlineData("x'.localhost")]
    [InlineData("%41.localhost")]
    [InlineData("x,a..localhost")]
    [InlineData("evil@localhost")]
    [InlineData("localhost/x")]
    [InlineData("[::1]:70000")]
    public async Task A_host_that_is_none_is_refused_at_the_door(string host)
    {
        await using var server = await TestServer.StartAsync(o => o.Server.TrustedProxies = ["127.0.0.1"]);
        Assert.StartsWith("HTTP/1.1 400", await RawCall.AnswerAsync(server, $"GET /requests HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 400", await RawCall.AnswerAsync(server,
            $"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Host: {host}\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost:8080", "http://localhost:8080")]
    [InlineData("LOCALHOST.:080", "http://localhost")]
    [InlineData("127.0.0.1:", "http://127.0.0.1")]
    [InlineData("[::1]:8080", "http://[::1]:8080")]
    [InlineData("my_service.lan:8080", "http://my_service.lan:8080")]
    [InlineData("b\u00fccher.example", "http://xn--bcher-kva.example")]
    [InlineData("\u05d0a.invalid", null)]
    public void An_origin_has_one_spelling(string authority, string? origin) => Assert.Equal(origin, Origin.Parse("http", authority));

    [Fact]
    public async Task A_host_that_was_stored_unchecked_breaks_neither_result_nor_listing()
    {
        await using var server = await TestServer.StartAsync();
        var id = await server.SubmitAsync();
        await server.WaitForAsync(id);
        await server.Service<Database>().WriteAsync(db => db.Execute("UPDATE requests SET base_url = 'http://a..localhost:99999/queue'"));
        Assert.Equal(200, (await server.GetAsync("/requests")).Status);
        var result = await server.ResultAsync(id);
        Assert.StartsWith("http://a..localhost:99999/files/", result.Json.GetProperty("video").GetProperty("url").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Origin: http://\u00e9")]
    [InlineData("Origin: http://\u00c3\u00a9")]
    [InlineData("Origin: http://\u001b[31m")]
    [InlineData("Origin: http://a\r\nAccess-Control-Request-Headers: \u00c3\u00a9")]
    [InlineData("Authorization: Key \u00e9")]
    [InlineData("X-Fal-Queue-Priority: \u00e9")]
    [InlineData("Range: bytes=0-,1-,2-")]
    public async Task What_an_answers_header_cannot_hold_is_not_repeated(string header)
    {
        await using var server = await TestServer.StartAsync();
        foreach (var method in new[] { "GET", "OPTIONS" })
        {
            var answer = await RawCall.AnswerAsync(server, $"{method} /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{header}\r\n\r\n");
            Assert.Matches("^HTTP/1.1 (20[04]|400)", answer);
        }
    }

    [Theory]
    [InlineData("{\"\\ud800expiration_duration_seconds\":1}")]
    [InlineData("{\"expiration_duration_seconds\\ud800\":1}")]
    [InlineData("{\"expiration_duration_seconds\":1e400}")]
    [InlineData("{\"expiration_duration_seconds\":-1}")]
    [InlineData("[[[[")]
    public async Task A_lifecycle_that_cannot_be_read_is_no_wish(string lifecycle)
    {
        await using var server = await TestServer.StartAsync();
        Assert.Equal(200, (await server.PostAsync("/storage/upload/initiate", new { content_type = "video/mp4", file_name = "a" }, ("X-Fal-Object-Lifecycle", lifecycle))).Status);
        Assert.Equal(200, (await server.PostAsync(TestServer.Submit, TestServer.Input(), ("X-Fal-Object-Lifecycle-Preference", lifecycle))).Status);
    }

    [Theory]
    [InlineData("video/mp4; x=\"\u00e9\"")]
    [InlineData("video/mp4; x=\"\r\n y\"")]
    [InlineData("video/mp4; x=\"\u0001\"")]
    [InlineData("video/mp4; x=\"a\\\u007fb\"")]
    [InlineData("video/mp4; x=\"\u2028\"")]
    [InlineData("*/*")]
    [InlineData("video/*")]
    public async Task A_file_of_an_odd_content_type_is_bytes(string type)
    {
        await using var server = await TestServer.StartAsync();
        var started = (await server.PostAsync("/storage/upload/initiate", new { content_type = type, file_name = "a" })).Json;
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Put, started.GetProperty("upload_url").GetString()!, new StringContent("x"), ("Content-Type", "video/mp4"))).Status);
        await server.Service<Database>().WriteAsync(db => db.Execute("UPDATE files SET content_type = $type", ("$type", type))); // as an older server stored it
        var file = await server.GetAsync(started.GetProperty("file_url").GetString()!);
        Assert.Equal((200, "application/octet-stream"), (file.Status, file.Header("content-type")));
    }

    [Fact]
    public async Task No_secret_of_an_upload_stands_in_the_log()
    {
        HeardLog log = new();
        await using var server = await TestServer.StartAsync(o => o.Telemetry.LogLevel = LogLevel.Debug, register: (services, _) => services.AddSingleton<ILoggerProvider>(log));
        var started = (await server.SendAsync(HttpMethod.Post, "/files/upload/multipart", null)).Json;
        var (url, secret) = (new Uri(started.GetProperty("access_url").GetString()!), started.GetProperty("uploadId").GetString()!);
        var part = await server.SendAsync(HttpMethod.Put, $"{url.AbsolutePath}/multipart/{secret}/1", new StringContent("abc"));
        Assert.Equal(200, part.Status);
        await server.SendAsync(HttpMethod.Put, $"{url.AbsolutePath}/multipart/{secret}/x", new StringContent("abc"));
        await server.GetAsync(url.AbsolutePath);
        var id = url.AbsolutePath.Split('/')[2];
        Assert.Contains(log.Lines, l => l.Text.Contains($"/files/{id[..12]}.../{id[..12]}", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, l => l.Text.Contains(secret, StringComparison.Ordinal) || l.Text.Contains(id, StringComparison.Ordinal));
    }

    [Fact]
    public void A_logged_path_is_one_line_and_has_an_end()
    {
        Assert.InRange(LoggedPath.Of(new PathString("/" + new string('a', 30_000))).Length, 1, 600);
        var path = LoggedPath.Of(new PathString("/\u001b[31m\r\ninfo: all is well"));
        Assert.DoesNotContain(path, char.IsControl);
        Assert.Contains("%0D%0Ainfo", path, StringComparison.Ordinal);
    }
}
