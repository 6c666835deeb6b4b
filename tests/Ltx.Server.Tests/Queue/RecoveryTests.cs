using Ltx.Server.Configuration;
using Ltx.Server.Queue;
using Ltx.Server.Storage;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;
using Microsoft.Data.Sqlite;

namespace Ltx.Server.Tests.Queue;

public class RecoveryTests
{
    [Fact]
    public async Task A_graceful_stop_finishes_the_running_request_within_the_drain()
    {
        using TempFolder data = new();
        var server = await TestServer.StartAsync(o => o.Queue.DrainSeconds = 120, new FakeEngine { FourthStep = new() }, data.Path);
        var id = await server.SubmitAsync();
        await server.WaitForStepAsync(id, 4);
        var stopped = server.DisposeAsync();
        await DrainingAsync(server.Queue);
        server.Engine.FourthStep!.Open();
        await stopped;

        await using var next = await TestServer.StartAsync(data: data.Path);
        Assert.Equal(200, (await next.ResultAsync(id)).Status);
        Assert.Empty(next.Engine.Runner.Began);
    }

    [Fact]
    public async Task A_graceful_stop_puts_a_long_run_back_without_counting_the_attempt()
    {
        using TempFolder data = new();
        var ids = await LeaveTwoAsync(data);

        await using var next = await TestServer.StartAsync(data: data.Path);
        foreach (var id in ids)
        {
            await next.WaitForAsync(id);
            Assert.Equal(200, (await next.ResultAsync(id)).Status);
        }

        Assert.Equal([(ids[0], 1), (ids[1], 1)], next.Engine.Runner.Began);
        var logs = (await next.WaitForAsync(ids[0])).GetProperty("logs").EnumerateArray().Select(l => l.GetProperty("message").GetString()).ToArray();
        Assert.Contains("The server is stopping; the request waits again.", logs);
    }

    [Fact]
    public async Task The_server_is_alive_before_what_the_last_stop_left_is_back()
    {
        using TempFolder data = new();
        var ids = await LeaveTwoAsync(data);

        // A sync run without its client has to be ended in the database, which somebody else holds.
        using SqliteConnection other = new($"Data Source={Path.Combine(data.Path, "ltx.db")};Pooling=False");
        other.Open();
        other.Execute("UPDATE requests SET sync = 1 WHERE id = $id", ("$id", ids[0]));
        other.Execute("BEGIN IMMEDIATE");
        await using var next = await TestServer.StartAsync(data: data.Path);
        Assert.Equal(200, (await next.GetAsync("/health/live")).Status);
        var ready = await next.GetAsync("/health/ready");
        Assert.Equal((503, false), (ready.Status, ready.Json.GetProperty("queue_recovered").GetBoolean()));
        var result = next.GetAsync($"/queue{TestServer.App}/requests/{ids[1]}/status");
        Assert.False(next.Queue.Recovered.IsCompleted);

        other.Execute("COMMIT");
        Assert.True((await result).Status is 200 or 202);
        Assert.Equal(499, (await next.ResultAsync(ids[0])).Status);
        await next.WaitForAsync(ids[1]);
    }

    [Fact]
    public async Task What_is_sent_before_the_recovery_is_taken_in_once()
    {
        // A server whose queue nobody recovers.
        await using var server = await TestServer.StartAsync(
            register: (services, _) => services.Remove(services.Single(service => service.ImplementationType == typeof(QueueService))));
        var sent = server.Queue.SubmitAsync(TestServer.NewRequest(), TestServer.NoBounds);
        await Task.WhenAny(sent, Task.Delay(500));
        Assert.False(sent.IsCompleted);
        await server.Queue.RecoverAsync();
        var (request, _) = await sent;
        Assert.Same(request, server.Queue.FindLive(request!.Id));
        Assert.Equal(1, server.Queue.WaitingCount);
    }

    [Fact]
    public async Task Who_is_told_that_a_request_runs_finds_its_attempt_on_the_disk()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            var id = await server.SubmitAsync();
            while (server.Queue.FindLive(id) is { State: RequestState.Queued })
            {
                Thread.Yield();
            }

            var stored = server.Service<RequestStore>().Find(id)!;
            Assert.True(stored.Attempts == 1 && stored.State != RequestState.Queued, $"The disk says {stored.State}, attempt {stored.Attempts}.");
            await server.WaitForAsync(id);
        }
    }

    [Fact]
    public async Task A_crash_is_tried_three_times_and_then_fails_as_disconnected()
    {
        using TempFolder data = new();
        string id, noRetry;
        using (var server = await StartProcessAsync(data.Path))
        {
            id = await SubmitAsync(server);
            noRetry = await SubmitAsync(server, ("X-Fal-No-Retry", "1"));
            await WaitRunningAsync(server, id);
            server.Kill();
        }

        for (var attempt = 2; attempt <= 3; attempt++)
        {
            using var server = await StartProcessAsync(data.Path);
            await WaitRunningAsync(server, id);
            server.Kill();
        }

        await using var last = await TestServer.StartAsync(data: data.Path);
        Assert.Equal("runner_disconnected", (await last.WaitForAsync(id)).GetProperty("error_type").GetString());
        Assert.Equal((503, "runner_disconnected"), ((await last.ResultAsync(id)).Status, (await last.ResultAsync(id)).Header("x-fal-error-type")));
        await last.WaitForAsync(noRetry);
        Assert.Equal(200, (await last.ResultAsync(noRetry)).Status); // it had only waited
    }

    [Fact]
    public async Task A_cancel_survives_the_crash_that_follows_it()
    {
        using TempFolder data = new();
        await using (var server = await TestServer.StartAsync(o => o.Queue.DrainSeconds = 0, new FakeEngine { FourthStep = new() }, data.Path))
        {
            var id = await server.SubmitAsync();
            await server.WaitForAsync(id, "IN_PROGRESS");
            await server.Service<RequestStore>().RequestCancelAsync(id); // as if the process ended between the write and the signal
        }

        await using var next = await TestServer.StartAsync(data: data.Path);
        await next.Queue.Recovered;
        var request = next.Service<RequestStore>().Page(null, long.MaxValue, 10, null).Single();
        Assert.Equal((RequestState.Completed, 499), (request.State, request.StatusCode));
        Assert.Empty(next.Engine.Runner.Began);
    }

    [Fact]
    public async Task A_second_server_on_the_same_folder_is_refused()
    {
        await using var server = await TestServer.StartAsync();
        var error = await Assert.ThrowsAsync<InvalidConfigurationException>(() => TestServer.StartAsync(data: server.Options.Server.Data));
        Assert.Contains("another server uses the folder", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What a stop leaves that does not wait for the running request, and another behind it.</summary>
    private static async Task<string[]> LeaveTwoAsync(TempFolder data)
    {
        await using var server = await TestServer.StartAsync(o => o.Queue.DrainSeconds = 0.2, new FakeEngine { FourthStep = new() }, data.Path);
        string[] ids = [await server.SubmitAsync(), await server.SubmitAsync()];
        await server.WaitForAsync(ids[0], "IN_PROGRESS");
        return ids;
    }

    private static async Task DrainingAsync(RequestQueue queue)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(120); !queue.Draining; await Task.Delay(10))
        {
            Assert.True(DateTime.UtcNow < deadline, "The server does not begin to stop.");
        }
    }

    private static async Task<HostProcess> StartProcessAsync(string data)
    {
        var server = HostProcess.Start(data, stepMilliseconds: 600_000);
        await server.WaitUntilLiveAsync();
        return server;
    }

    private static async Task<string> SubmitAsync(HostProcess server, params (string Name, string Value)[] headers)
    {
        using HttpRequestMessage message = new(HttpMethod.Post, TestServer.Submit) { Content = System.Net.Http.Json.JsonContent.Create(TestServer.Input()) };
        foreach (var (name, value) in headers)
        {
            message.Headers.Add(name, value);
        }

        using var answer = await server.Client.SendAsync(message);
        return System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("request_id").GetString()!;
    }

    private static async Task WaitRunningAsync(HostProcess server, string id)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(120); ; await Task.Delay(20))
        {
            if ((await server.Client.GetStringAsync($"/queue{TestServer.App}/requests/{id}/status")).Contains("IN_PROGRESS", StringComparison.Ordinal))
            {
                return;
            }

            Assert.True(DateTime.UtcNow < deadline);
        }
    }
}
