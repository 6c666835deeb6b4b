using System.Text;
using System.Text.Json;
using Ltx.Server.Http;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Http;

/// <summary>Whoever sends slowly, or not at all, keeps nobody waiting but himself, and not for long.</summary>
[Fast]
public class SlowSenderTests
{
    private const int Large = 2 << 20;

    private static readonly byte[] Body = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(TestServer.Input(("prompt", "a")))[..^1] + $",\"pad\":\"{new string('y', Large)}\"}}");

    [Fact]
    public async Task Silence_within_a_body_is_ended_however_much_came_before()
    {
        await using var server = await TestServer.StartAsync(o => o.Limits.IdleBodySeconds = 1);
        using RawClient silent = new(server);
        await silent.PostHeadAsync(TestServer.Submit, 100_000_000);
        Assert.Equal(100, await silent.StatusAsync());
        await silent.SendAsync(Body.AsMemory(0, Large)); // pays for more than two hours at the least average rate

        await silent.ReadToAsync("\r\n"); // the end of the 100
        Assert.Equal(408, await silent.StatusAsync());
    }

    [Fact]
    public async Task A_body_that_trickles_loses_its_turn()
    {
        await using var server = await TestServer.StartAsync(o => (o.Limits.IdleBodySeconds, o.Limits.ConcurrentLargeBodies, o.Limits.BodyWaitSeconds) = (5, 1, 600));
        using RawClient slow = new(server);
        await slow.PostHeadAsync(TestServer.Submit, 100_000_000);
        Assert.Equal(100, await slow.StatusAsync());
        await slow.SendAsync(Body.AsMemory(0, Large));
        using CancellationTokenSource enough = new();
        var trickle = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                await slow.SendAsync("z");
                await Task.Delay(50);
            }
        }, TestContext.Current.CancellationToken);

        // The only turn is taken; this one gets it as soon as the other is ended.
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Post, TestServer.Submit, new ByteArrayContent(Body))).Status);
        await enough.CancelAsync();
        await trickle.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task One_callers_large_bodies_leave_a_turn_to_others_and_his_own_are_told_when_to_come_back()
    {
        await using var server = await TestServer.StartAsync(o => (o.Auth.AllowAnonymous, o.Limits.ConcurrentLargeBodies, o.Limits.BodyWaitSeconds) = (true, 2, 0.1));
        using RawClient slow = new(server, from: "127.0.0.2");
        await slow.PostHeadAsync(TestServer.Submit, 100_000_000);
        Assert.Equal(100, await slow.StatusAsync());
        await slow.SendAsync(Body.AsMemory(0, Large));

        // Until the slow one has its turn, another of the same caller may have one.
        string answer;
        do
        {
            using RawClient own = new(server, from: "127.0.0.2");
            await own.PostHeadAsync(TestServer.Submit, Body.Length, "Connection: close\r\n");
            await own.ReadToAsync("\r\n\r\n");
            await own.SendAsync(Body);
            answer = await own.ReadToAsync("\r\n\r\n");
        }
        while (answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal));

        Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nRetry-After: ", answer, StringComparison.Ordinal);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Post, TestServer.Submit, new ByteArrayContent(Body))).Status);
    }

    [Fact]
    public async Task Slow_uploads_of_one_caller_leave_a_turn_to_others_and_end()
    {
        await using var server = await TestServer.StartAsync(o => (o.Auth.AllowAnonymous, o.Files.ConcurrentUploads, o.Files.UploadWaitSeconds, o.Limits.IdleBodySeconds) = (true, 2, 600, 5));
        using RawClient slow = new(server, from: "127.0.0.2");
        await slow.PostHeadAsync("/files/upload", 100_000_000);
        Assert.Equal(100, await slow.StatusAsync());

        // Another caller at once; the same one once the first, who sends nothing, is ended.
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent(Body))).Status);
        using RawClient own = new(server, from: "127.0.0.2");
        await own.SendAsync("POST /files/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc");
        Assert.Equal(200, await own.StatusAsync());
        await slow.ReadToAsync("\r\n");
        Assert.Equal(408, await slow.StatusAsync());
    }

    [Fact]
    public async Task A_connection_on_which_nothing_is_asked_for_is_closed()
    {
        await using var server = await TestServer.StartAsync(o => o.Limits.IdleConnectionSeconds = 5);
        using RawClient silent = new(server);
        using RawClient done = new(server);
        await done.SendAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");

        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(100)); // Kestrel's own is 130
        Assert.Equal("", await silent.ReadToAsync("\r\n").WaitAsync(patience.Token));
        Assert.EndsWith("}", await done.ReadToAsync("no such text").WaitAsync(patience.Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_address_has_all_connections()
    {
        await using var server = await TestServer.StartAsync(o => o.Limits.MaxConnections = 8);
        List<RawClient> greedy = [];
        for (var i = 0; i < 7; i++)
        {
            RawClient client = new(server, from: "127.0.0.2");
            greedy.Add(client);
            await client.SendAsync("GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
        }

        var statuses = await Task.WhenAll(greedy.Select(client => client.StatusAsync()));
        Assert.Equal([0, 200, 200, 200, 200, 200, 200], statuses.Order());
        Assert.Equal(200, (await server.GetAsync("/health/live")).Status);
        greedy.ForEach(client => client.Dispose());
    }

    [Theory]
    [InlineData("Max open files            1024                 524288               files", 4096, 512)]
    [InlineData("Max open files            1048576              1048576              files", 4096, 4096)]
    [InlineData("Max open files            unlimited            unlimited            files", 4096, 4096)]
    public void Connections_leave_half_of_the_files_that_may_be_open(string line, int wanted, int most)
    {
        using TempFolder folder = new();
        var file = Path.Combine(folder.Path, "limits");
        File.WriteAllText(file, "Limit                     Soft Limit           Hard Limit           Units\n" + line + "\n");
        Assert.Equal(most, ConnectionShare.Most(wanted, file));
    }

    [Fact]
    public async Task Turns_go_to_whoever_may_have_one_in_order_and_a_caller_never_has_all()
    {
        Turns turns = new(4, TimeSpan.FromMinutes(10), "busy");
        var ct = TestContext.Current.CancellationToken;
        var mine = new[] { await turns.EnterAsync("a", ct), await turns.EnterAsync("a", ct), await turns.EnterAsync("a", ct) };
        var more = turns.EnterAsync("a", ct);
        Assert.False(more.IsCompleted);
        var other = await turns.EnterAsync("b", ct);
        using CancellationTokenSource gone = new();
        var left = turns.EnterAsync("b", gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);

        other.Dispose();
        Assert.False(more.IsCompleted); // a turn is free, but not for this caller
        mine[0].Dispose();
        mine[0].Dispose(); // counts once
        (await more).Dispose();
        Turns none = new(1, TimeSpan.Zero, "busy");
        using (await none.EnterAsync("a", ct))
        {
            Assert.Equal((1, "busy"), await none.EnterAsync("b", ct).ContinueWith(t => ((t.Exception!.InnerException as BusyException)!.Answer.RetryAfter, t.Exception.InnerException!.Message), TaskScheduler.Default));
        }
    }
}
