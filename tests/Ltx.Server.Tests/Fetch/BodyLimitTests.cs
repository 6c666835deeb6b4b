using System.IO.Compression;
using System.Text;
using Ltx.Server.Fetch;
using Ltx.Server.Tests.Fetch.Support;

namespace Ltx.Server.Tests.Fetch;

/// <summary>Bodies that are too long, never end, lie about their length or are not what they seem. The limit of the tests is 1,000,000 bytes.</summary>
[Fast]
public class BodyLimitTests
{
    private const int Limit = 1_000_000;

    /// <summary>What the kernel and TLS-less sockets may hold in between: a server may have sent this much beyond what was read of it.</summary>
    private const int InFlight = 8 << 20;

    [Theory]
    [InlineData(nameof(FetchKind.Video))]
    [InlineData(nameof(FetchKind.Mask))]
    [InlineData(nameof(FetchKind.Lora))]
    public async Task A_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(string name)
    {
        FetchKind kind = Enum.Parse<FetchKind>(name);
        await using RawServer server = new((request, response) => response.OkAsync(new byte[request.Target == "/fits" ? Limit : Limit + 1]));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.FindsTooLargeAsync("http://public.test/over", Limit, kind);
        await using FetchedFile file = await fetch.FetchAsync("http://public.test/fits", kind);

        Assert.Equal(Limit, file.Length);
    }

    [Fact]
    public async Task The_limits_of_videos_and_loras_are_their_own()
    {
        await using RawServer server = new((_, response) => response.OkAsync(new byte[5000]));
        await using TestFetch fetch = new(o => o.MaxVideoBytes = 4999);
        fetch.Route(server);

        await fetch.FindsTooLargeAsync("http://public.test/f", 4999, FetchKind.Video);
        await fetch.FindsTooLargeAsync("http://public.test/f", 4999, FetchKind.Mask);
        await using FetchedFile lora = await fetch.FetchAsync("http://public.test/f", FetchKind.Lora);
        Assert.Equal(5000, lora.Length);
    }

    [Fact]
    public async Task A_stated_length_over_the_limit_is_refused_before_the_body()
    {
        await using RawServer server = new(async (_, response) =>
        {
            await response.TextAsync("HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n");
            await Task.Delay(Timeout.Infinite, response.Stopped);
        });
        await using TestFetch fetch = new(o => o.IdleTimeout = TimeSpan.FromMinutes(1));
        fetch.Route(server);

        await fetch.FindsTooLargeAsync("http://public.test/v.mp4", Limit);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\n")]
    [InlineData("")]
    [InlineData("Connection: close\r\n")]
    public async Task An_endless_body_is_cut_off_at_the_limit(string framing)
    {
        long sent = 0;
        await using RawServer server = new(async (_, response) =>
        {
            await response.TextAsync($"HTTP/1.1 200 OK\r\n{framing}\r\n");
            byte[] chunk = [.. Encoding.ASCII.GetBytes(framing.StartsWith('T') ? "4000\r\n" : ""), .. new byte[0x4000], .. Encoding.ASCII.GetBytes(framing.StartsWith('T') ? "\r\n" : "")];
            while (true)
            {
                await response.BytesAsync(chunk);
                sent += chunk.Length;
            }
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.FindsTooLargeAsync("http://public.test/v.mp4", Limit);

        await server.DisposeAsync();
        Assert.InRange(sent, Limit, Limit + InFlight);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("x-gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("gzip, gzip")]
    [InlineData("gzip, br")]
    public async Task A_compressed_bomb_is_too_large(string codings)
    {
        byte[] bomb = codings.Split(", ").Aggregate(new byte[100_000_000], Compress);
        Assert.InRange(bomb.Length, 1, Limit / 2);
        await using RawServer server = new((_, response) => response.OkAsync(bomb, $"Content-Encoding: {codings}\r\n"));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.FindsTooLargeAsync("http://public.test/v.mp4", Limit, FetchKind.Video);
        await fetch.FindsTooLargeAsync("http://public.test/v.mp4", Limit, FetchKind.Lora);

        Assert.All(server.Requests, request => Assert.Equal("identity", request.Header("Accept-Encoding")));
    }

    /// <summary>Gzip members that hold nothing: what comes out at the end is one byte, so that only the bound below a layer can notice.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("gzip, gzip")]
    [InlineData("gzip, deflate")]
    [InlineData("gzip, br")]
    public async Task What_lies_between_two_layers_is_bounded_like_what_lies_at_either_end(string codings)
    {
        byte[] fits = WithEmptyMembers(Limit / 2);
        byte[] over = WithEmptyMembers(Limit + 1);
        byte[][] bodies = [.. new[] { fits, over }.Select(body => codings.Split(", ").Skip(1).Aggregate(body, Compress))];
        await using RawServer server = new(async (request, response) =>
        {
            // No length is stated, or that alone would tell.
            await response.TextAsync($"HTTP/1.1 200 OK\r\nContent-Encoding: {codings}\r\n\r\n");
            await response.BytesAsync(bodies[request.Target == "/fits" ? 0 : 1]);
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.FindsTooLargeAsync("http://public.test/over", Limit, FetchKind.Video);
        await fetch.FindsTooLargeAsync("http://public.test/over", Limit, FetchKind.Lora);
        await using FetchedFile file = await fetch.FetchAsync("http://public.test/fits");

        Assert.Equal("x", File.ReadAllText(file.Path));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task An_honest_compressed_body_is_read_although_it_was_not_asked_for(string coding)
    {
        byte[] content = [.. TestFetch.RandomBytes(50_000), .. new byte[50_000]];
        await using RawServer server = new((_, response) => response.OkAsync(Compress(content, coding), $"Content-Encoding: {coding}\r\n"));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");

        Assert.Equal(TestFetch.Sha256(content), file.Sha256);
    }

    [Theory]
    [InlineData("gzip", "not gzip at all")]
    [InlineData("deflate", "not deflate at all")]
    [InlineData("br", "not brotli at all")]
    [InlineData("zstd", "anything")]
    [InlineData("gzip, gzip, gzip", "anything")]
    public async Task A_body_that_cannot_be_decompressed_is_an_error(string codings, string body)
    {
        await using RawServer server = new((_, response) => response.OkAsync(Encoding.ASCII.GetBytes(body), $"Content-Encoding: {codings}\r\n"));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.RefusesAsync("http://public.test/v.mp4");
    }

    [Theory]
    [InlineData("Content-Length: 100\r\n", "only this")]
    [InlineData("Content-Length: 4\r\n", "more than that")]
    [InlineData("Content-Length: 4\r\nContent-Length: 5\r\n", "12345")]
    [InlineData("Content-Length: 4, 5\r\n", "12345")]
    [InlineData("Content-Length: -1\r\n", "12345")]
    [InlineData("Content-Length: many\r\n", "12345")]
    [InlineData("Content-Length: 99999999999999999999\r\n", "12345")]
    [InlineData("Content-Length: 0\r\n", "")]
    [InlineData("Content-Length: 0\r\n", "12345")]
    [InlineData("Transfer-Encoding: chunked\r\n", "5\r\n12345\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "5\r\n123")]
    [InlineData("Transfer-Encoding: chunked\r\n", "5\r\n1234567890\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "-5\r\n12345\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "ffffffffffffffffff\r\n12345\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")]
    public async Task A_wrong_length_is_an_error(string framing, string body)
    {
        await using RawServer server = new((_, response) => response.TextAsync($"HTTP/1.1 200 OK\r\nETag: \"1\"\r\n{framing}\r\n{body}"));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.RefusesAsync("http://public.test/v.mp4", FetchKind.Video);
        await fetch.RefusesAsync("http://public.test/v.mp4", FetchKind.Lora);
    }

    [Fact]
    public async Task More_than_the_stated_length_is_noticed_when_it_comes_late_too()
    {
        await using RawServer server = new(async (_, response) =>
        {
            await response.TextAsync("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n1234");
            await Task.Delay(50, response.Stopped);
            await response.TextAsync("5");
        });
        await using TestFetch fetch = new(o => o.ExcessGrace = TimeSpan.FromMinutes(1));
        fetch.Route(server);

        Assert.Contains("more bytes", (await fetch.RefusesAsync("http://public.test/v.mp4")).Message);
    }

    [Fact]
    public async Task Interim_answers_do_not_count_as_the_body_and_an_open_connection_is_not_waited_for()
    {
        await using RawServer server = new(async (_, response) =>
        {
            await response.TextAsync("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n1234");
            await Task.Delay(Timeout.Infinite, response.Stopped);
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        await using FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");

        Assert.Equal("1234", File.ReadAllText(file.Path));
    }

    [Theory]
    [InlineData("404 Not Found", 1)]
    [InlineData("401 Unauthorized", 1)]
    [InlineData("403 Forbidden", 1)]
    [InlineData("204 No Content", 1)]
    [InlineData("206 Partial Content", 1)]
    [InlineData("304 Not Modified", 1)]
    [InlineData("300 Multiple Choices", 1)]
    [InlineData("429 Too Many Requests", 5)]
    [InlineData("503 Service Unavailable", 5)]
    public async Task Any_answer_but_200_is_an_error(string status, int tries)
    {
        await using RawServer server = new((_, response) => response.StatusAsync(status, status[0] is '2' && status[2] == '4' || status.StartsWith("304", StringComparison.Ordinal) ? [] : [1]));
        await using TestFetch fetch = new();
        fetch.Route(server);

        Assert.Contains(status[..3], (await fetch.RefusesAsync("http://public.test/v.mp4", FetchKind.Lora)).Message);
        Assert.Equal(tries, server.Requests.Count);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nbroken header line\r\n\r\n")]
    public async Task What_is_not_http_is_an_error(string answer)
    {
        await using RawServer server = new((_, response) => response.TextAsync(answer));
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.RefusesAsync("http://public.test/v.mp4");
    }

    [Fact]
    public async Task Endless_headers_are_an_error()
    {
        await using RawServer server = new(async (_, response) =>
        {
            await response.TextAsync("HTTP/1.1 200 OK\r\n");
            while (true)
            {
                await response.TextAsync($"X-More: {new string('x', 1000)}\r\n");
            }
        });
        await using TestFetch fetch = new();
        fetch.Route(server);

        await fetch.RefusesAsync("http://public.test/v.mp4");
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")]
    public async Task A_silent_server_is_given_up(string beginning)
    {
        await using RawServer server = new(async (_, response) =>
        {
            await response.TextAsync(beginning);
            await Task.Delay(Timeout.Infinite, response.Stopped);
        });
        await using TestFetch fetch = new(o =>
        {
            // Both together are what an answer's headers may take; the first is long enough to connect on a machine that is busy with other tests.
            (o.ConnectTimeout, o.IdleTimeout) = (TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(1));
            o.MaxAttempts = 2;
        });
        fetch.Route(server);

        await fetch.RefusesAsync("http://public.test/v.mp4");

        // A server that has other work reads what was sent when it gets to it.
        await server.ArrivedAsync(2);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_trickles_is_given_up_for_its_rate_and_not_tried_again()
    {
        await using RawServer server = new(async (_, response) =>
        {
            await response.TextAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            while (true)
            {
                await response.TextAsync("x");
                await Task.Delay(20, response.Stopped);
            }
        });
        await using TestFetch fetch = new(o => (o.IdleTimeout, o.TotalTimeout) = (TimeSpan.FromSeconds(5), TimeSpan.FromDays(1)));
        fetch.Route(server);

        Assert.Contains("fewer than 32768 bytes a second", (await fetch.RefusesAsync("http://public.test/v.mp4")).Message);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_that_trickles_is_given_up_at_the_total_time()
    {
        await using RawServer server = new(async (_, response) =>
        {
            await response.TextAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            while (true)
            {
                await response.TextAsync("x");
                await Task.Delay(20, response.Stopped);
            }
        });
        await using TestFetch fetch = new(o => o.TotalTimeout = TimeSpan.FromSeconds(4));
        fetch.Route(server);

        Assert.Contains("took longer", (await fetch.RefusesAsync("http://public.test/v.mp4")).Message);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Cancelling_stops_the_download_and_leaves_nothing()
    {
        TaskCompletionSource begun = new();
        await using RawServer server = new(async (_, response) =>
        {
            await response.TextAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nsome");
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, response.Stopped);
        });
        await using TestFetch fetch = new();
        fetch.Route(server);
        using CancellationTokenSource cancel = new();

        Task<FetchedFile> fetching = fetch.FetchAsync("http://public.test/v.mp4", ct: cancel.Token);
        await begun.Task;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching);
        fetch.AssertUntouched();
    }

    [Fact]
    public async Task A_video_is_removed_when_it_is_disposed()
    {
        await using RawServer server = new((_, response) => response.OkAsync([1, 2, 3], "Content-Type: video/mp4\r\n"));
        await using TestFetch fetch = new();
        fetch.Route(server);

        FetchedFile file = await fetch.FetchAsync("http://public.test/v.mp4");
        Assert.Equal(("video/mp4", 3L, TestFetch.Sha256([1, 2, 3])), (file.ContentType, file.Length, file.Sha256));
        Assert.Single(fetch.CachedFiles);
        await file.DisposeAsync();
        await file.DisposeAsync();

        fetch.AssertUntouched();
    }

    /// <summary>A gzip file of at least this many bytes that holds one "x".</summary>
    private static byte[] WithEmptyMembers(int length)
    {
        // Written out: .NET writes no member at all where there is nothing to write.
        byte[] nothing = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        return [.. Enumerable.Repeat(nothing, (length + nothing.Length - 1) / nothing.Length).SelectMany(b => b), .. Compress("x"u8.ToArray(), "gzip")];
    }

    private static byte[] Compress(byte[] content, string coding)
    {
        using MemoryStream compressed = new();
        using (Stream stream = coding switch
        {
            "br" => new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
            _ => new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true),
        })
        {
            stream.Write(content);
        }
        return compressed.ToArray();
    }
}
