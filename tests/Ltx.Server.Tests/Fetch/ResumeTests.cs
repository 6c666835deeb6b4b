using System.Net;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Ltx.Server.Tests.Fetch;

/// <summary>Connections that drop on the way, and what servers then answer.</summary>
[Fast]
public class ResumeTests
{
    private static readonly byte[] Content = TestFetch.RandomBytes(300_000);
    private static readonly byte[] Changed = TestFetch.RandomBytes(300_000, seed: 2);

    [Theory]
    [InlineData("ETag: \"1\"\r\n", "\"1\"")]
    [InlineData("Last-Modified: Wed, 01 Jan 2025 00:00:00 GMT\r\nDate: Thu, 02 Jan 2025 00:00:00 GMT\r\n", "Wed, 01 Jan 2025 00:00:00 GMT")]
    public async Task The_rest_alone_is_asked_for_after_a_drop(string validator, string ifRange)
    {
        await using RawServer server = new((request, response) => SendAsync(request, response, Content, validator, dropAfter: 100_000));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");

        Assert.Equal(TestFetch.Sha256(Content), file.Sha256);
        Assert.Equal(Content, File.ReadAllBytes(file.Path));
        RawRequest[] requests = [.. server.Requests];
        Assert.Equal(3, requests.Length);
        Assert.Equal([null, "bytes=100000-", "bytes=200000-"], requests.Select(r => r.Header("Range")).ToArray<object?>());
        Assert.Equal([null, ifRange, ifRange], requests.Select(r => r.Header("If-Range")).ToArray<object?>());
    }

    [Theory]
    [InlineData("")]
    [InlineData("ETag: W/\"1\"\r\n")]
    [InlineData("Last-Modified: Wed, 01 Jan 2025 00:00:00 GMT\r\n")]
    [InlineData("Last-Modified: Wed, 01 Jan 2025 00:00:00 GMT\r\nDate: Wed, 01 Jan 2025 00:00:00 GMT\r\n")]
    [InlineData("ETag: \"1\"\r\nAccept-Ranges: none\r\n")]
    public async Task Without_a_strong_validator_the_file_is_asked_for_anew(string headers)
    {
        int time = 0;
        await using RawServer server = new((request, response) => SendAsync(request, response, Content, headers, dropAfter: ++time < 3 ? 100_000 : null));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");

        Assert.Equal(TestFetch.Sha256(Content), file.Sha256);
        Assert.Equal(3, server.Requests.Count);
        Assert.All(server.Requests, request => Assert.Null(request.Header("Range")));
    }

    [Fact]
    public async Task A_server_that_ignores_the_range_starts_anew()
    {
        int time = 0;
        await using RawServer server = new(async (request, response) =>
        {
            await response.TextAsync($"HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: {Content.Length}\r\n\r\n");
            await response.BytesAsync(Content.AsMemory(0, ++time < 3 ? 100_000 : Content.Length));
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");

        Assert.Equal(TestFetch.Sha256(Content), file.Sha256);
        Assert.Equal("bytes=100000-", server.Requests.Last().Header("Range"));
    }

    [Fact]
    public async Task A_file_that_changed_in_between_starts_anew()
    {
        int time = 0;
        await using RawServer server = new((request, response) => ++time == 1
            ? SendAsync(request, response, Content, "ETag: \"1\"\r\n", dropAfter: 100_000)
            : response.OkAsync(Changed, "ETag: \"2\"\r\n"));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4", FetchKind.Lora);

        Assert.Equal(TestFetch.Sha256(Changed), file.Sha256);
    }

    [Theory]
    [InlineData("Content-Range: bytes 100000-299999/300000\r\nETag: \"2\"\r\n")]
    [InlineData("Content-Range: bytes 0-199999/300000\r\n")]
    [InlineData("Content-Range: bytes 100000-299998/300000\r\n")]
    [InlineData("Content-Range: bytes 100000-299999/300001\r\n")]
    [InlineData("Content-Range: bytes 100000-299999/*\r\n")]
    [InlineData("Content-Range: bytes */300000\r\n")]
    [InlineData("Content-Range: pages 100000-299999/300000\r\n")]
    [InlineData("")]
    public async Task A_part_that_does_not_fit_is_thrown_away_with_what_was_there(string headers)
    {
        int time = 0;
        await using RawServer server = new((request, response) => ++time switch
        {
            1 => SendAsync(request, response, Content, "ETag: \"1\"\r\n", dropAfter: 100_000),
            2 => response.StatusAsync("206 Partial Content", Changed[100_000..], headers),
            _ => response.OkAsync(Changed, "ETag: \"2\"\r\n"),
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");

        Assert.Equal(TestFetch.Sha256(Changed), file.Sha256);
        Assert.Null(server.Requests.Last().Header("Range"));
    }

    [Fact]
    public async Task A_part_that_is_shorter_than_its_range_is_not_taken_for_the_rest()
    {
        int time = 0;
        await using RawServer server = new((request, response) => ++time switch
        {
            1 => SendAsync(request, response, Content, "ETag: \"1\"\r\n", dropAfter: 100_000),
            2 => response.StatusAsync("206 Partial Content", Content[100_000..100_010], "Content-Range: bytes 100000-299999/300000\r\n"),
            _ => SendAsync(request, response, Content, "ETag: \"1\"\r\n", dropAfter: null),
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");

        Assert.Equal(TestFetch.Sha256(Content), file.Sha256);
        Assert.Equal("bytes=100010-", server.Requests.Last().Header("Range"));
    }

    [Fact]
    public async Task A_range_that_is_no_longer_there_starts_anew()
    {
        int time = 0;
        await using RawServer server = new((request, response) => ++time switch
        {
            1 => SendAsync(request, response, Content, "ETag: \"1\"\r\n", dropAfter: 100_000),
            2 => response.StatusAsync("416 Range Not Satisfiable", [], "Content-Range: bytes */5\r\n"),
            _ => response.OkAsync(Changed),
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");

        Assert.Equal(TestFetch.Sha256(Changed), file.Sha256);
    }

    [Fact]
    public async Task A_part_may_not_raise_the_size_over_the_limit()
    {
        int time = 0;
        await using RawServer server = new(async (request, response) =>
        {
            if (++time == 1)
            {
                // Chunked: no length is stated, and none is held against the next answer.
                await response.TextAsync("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n");
                await response.BytesAsync(new byte[100_000]);
                return;
            }
            await response.StatusAsync("206 Partial Content", [1], "Content-Range: bytes 100000-1999999/2000000\r\n");
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.FindsTooLargeAsync("http://public.test/v.mp4", 1_000_000);
        Assert.Equal(2, time);
    }

    [Fact]
    public async Task The_number_of_tries_is_bounded_and_nothing_is_left()
    {
        await using RawServer server = new((request, response) => SendAsync(request, response, Content, "ETag: \"1\"\r\n", dropAfter: 10));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.RefusesAsync("http://public.test/v.mp4", FetchKind.Lora);

        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task A_reset_connection_and_a_passing_503_are_tried_again()
    {
        int time = 0;
        await using RawServer server = new(async (request, response) =>
        {
            switch (++time)
            {
                case 1:
                    await SendAsync(request, response, Content, "ETag: \"1\"\r\n", dropAfter: 100_000);
                    response.Reset();
                    break;
                case 2:
                    response.Reset();
                    break;
                case 3:
                    await response.StatusAsync("503 Service Unavailable", []);
                    break;
                default:
                    await SendAsync(request, response, Content, "ETag: \"1\"\r\n", dropAfter: null);
                    break;
            }
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");

        Assert.Equal(TestFetch.Sha256(Content), file.Sha256);
    }

    [Fact]
    public async Task A_resumed_download_goes_through_the_redirect_again()
    {
        await using RawServer server = new((request, response) => request.Target.StartsWith("/v", StringComparison.Ordinal)
            ? response.RedirectAsync($"http://other.test/signed?{Guid.NewGuid():N}")
            : SendAsync(request, response, Content, "ETag: \"1\"\r\n", dropAfter: 200_000));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");

        Assert.Equal(TestFetch.Sha256(Content), file.Sha256);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_real_server_with_ranges_on_the_allow_list_is_resumed_from()
    {
        List<string?> ranges = [];
        TestFetch? cache = null;
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using WebApplication app = builder.Build();
        app.Use(async (context, next) =>
        {
            ranges.Add(context.Request.Headers.Range);
            if (ranges.Count == 1)
            {
                context.Response.Headers.ETag = "\"v1\"";
                context.Response.ContentLength = Content.Length;
                await context.Response.Body.WriteAsync(Content.AsMemory(0, 123_456), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                // An abort throws away what was not sent yet.
                while (Directory.GetFiles(Path.Combine(cache!.CachePath, "partial")).Sum(file => new FileInfo(file).Length) < 123_456)
                {
                    await Task.Delay(5, context.RequestAborted);
                }
                context.Abort();
                return;
            }
            await next(context);
        });
        app.MapGet("/v.mp4", () => Results.Bytes(Content, "video/mp4", enableRangeProcessing: true, entityTag: new EntityTagHeaderValue("\"v1\"")));
        await app.StartAsync(TestContext.Current.CancellationToken);
        Uri address = new(app.Urls.Single());
        await using TestFetch fetch = cache = new(o => o.AllowedPrivateHosts = ["127.0.0.0/8"]);

        await using FetchedFile file = await fetch.FetchAsync(new Uri(address, "/v.mp4").ToString());

        Assert.Equal(TestFetch.Sha256(Content), file.Sha256);
        Assert.Equal([null, "bytes=123456-"], ranges.ToArray<object?>());
    }

    /// <summary>A right answer to a request with or without a range, broken off after some bytes.</summary>
    private static async Task SendAsync(RawRequest request, RawResponse response, byte[] content, string headers, int? dropAfter)
    {
        int from = request.Header("Range") is string range ? int.Parse(range["bytes=".Length..^1]) : 0;
        string status = from > 0 ? $"206 Partial Content\r\nContent-Range: bytes {from}-{content.Length - 1}/{content.Length}" : "200 OK";
        await response.TextAsync($"HTTP/1.1 {status}\r\nContent-Length: {content.Length - from}\r\n{headers}\r\n");
        await response.BytesAsync(content.AsMemory(from, Math.Min(dropAfter ?? int.MaxValue, content.Length - from)));
    }
}
