using System.Text.Json;
using Ltx.Server.Configuration;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Queue;

/// <summary>The next request's inputs are fetched while another one runs. Runs wait at gates; nothing here depends on time.</summary>
[Fast]
public class LookAheadTests
{
    [Fact]
    public async Task The_second_requests_bytes_are_here_before_the_first_one_ends_and_it_waits_on_as_ever()
    {
        await using var server = await StartAsync();
        var first = await BeginAsync(server, "a");
        var second = await SubmitAsync(server, "b");
        await HeldAsync(server, "a", "b");
        await UntilAsync(() => server.Engine.Runner.Prepared.SequenceEqual([Lora("b")]), "the second request's LoRA was not read ahead");
        var third = await SubmitAsync(server, "c");

        var status = (await server.GetAsync($"/queue{TestServer.App}/requests/{second}/status?logs=1")).Json;
        Assert.Equal("IN_QUEUE", status.GetProperty("status").GetString());
        Assert.Equal(0, status.GetProperty("queue_position").GetInt32());
        Assert.Equal(JsonValueKind.Null, status.GetProperty("logs").ValueKind);
        Assert.Equal(first, Assert.Single(server.Engine.Runner.Began).Id);
        // One ahead, not two.
        Assert.DoesNotContain(server.Engine.Fetcher.Asked, url => url.StartsWith("https://c", StringComparison.Ordinal));

        server.Engine.FourthStep!.Open();
        Assert.Matches(@"^Inputs are here \(\d+\.\d s\)\.$", await InputsLineAsync(server, first));
        Assert.Matches(@"^Inputs are here \(\d+\.\d s, fetched while waiting\)\.$", await InputsLineAsync(server, second));
        await server.WaitForAsync(third);
        Assert.Equal(server.Engine.Fetcher.Asked.Distinct().Order(), server.Engine.Fetcher.Asked.Order());
        Assert.Equal([first, second, third], server.Engine.Runner.Began.Select(run => run.Id));
        await HeldAsync(server);
    }

    [Fact]
    public async Task A_request_whose_inputs_are_still_on_their_way_waits_for_them_and_does_not_ask_again()
    {
        await using var server = await StartAsync(slow: true);
        await BeginAsync(server, "a");
        var second = await SubmitAsync(server, "slow");
        await AskedAsync(server, "slow");
        server.Engine.FourthStep!.Open();
        await server.WaitForAsync(second, "IN_PROGRESS");
        server.Engine.SlowHost!.Open();
        Assert.Matches(@"^Inputs are here \(\d+\.\d s, (begun|fetched) while waiting\)\.$", await InputsLineAsync(server, second));
        Assert.Equal(3, server.Engine.Fetcher.Asked.Count(url => url.StartsWith("https://slow", StringComparison.Ordinal)));
        await HeldAsync(server);
    }

    [Fact]
    public async Task A_cancelled_one_is_given_back_and_the_one_behind_it_is_fetched()
    {
        await using var server = await StartAsync();
        await BeginAsync(server, "a");
        var second = await SubmitAsync(server, "b");
        await HeldAsync(server, "a", "b");
        var third = await SubmitAsync(server, "c");
        Assert.Equal(202, (await server.CancelAsync(second)).Status);
        await HeldAsync(server, "a", "c");
        Assert.Equal(499, (await server.ResultAsync(second)).Status);
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Delete, $"/v1/models/requests/{second}/payloads", null)).Status);
        server.Engine.FourthStep!.Open();
        Assert.Contains("fetched while waiting", await InputsLineAsync(server, third), StringComparison.Ordinal);
        await HeldAsync(server);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_is_cancelled_while_its_inputs_are_on_their_way_leaves_nothing(bool runsAlready)
    {
        await using var server = await StartAsync(slow: true);
        var first = await BeginAsync(server, "a");
        var second = await SubmitAsync(server, "slow");
        await AskedAsync(server, "slow");
        if (runsAlready)
        {
            server.Engine.FourthStep!.Open();
            await server.WaitForAsync(second, "IN_PROGRESS");
        }

        Assert.Equal(202, (await server.CancelAsync(second)).Status);
        await server.WaitForAsync(second);
        Assert.Equal(499, (await server.ResultAsync(second)).Status);
        server.Engine.FourthStep!.Open();
        await server.WaitForAsync(first);
        await HeldAsync(server);
        Assert.DoesNotContain(server.Engine.Runner.Began, run => run.Id == second);
    }

    [Fact]
    public async Task What_was_fetched_is_kept_while_a_more_urgent_one_runs()
    {
        await using var server = await StartAsync();
        await BeginAsync(server, "a");
        var second = await SubmitAsync(server, "b");
        await HeldAsync(server, "a", "b");
        var urgent = await SubmitAsync(server, "c", "high");
        server.Engine.FourthStep!.Open();
        Assert.Contains("fetched while waiting", await InputsLineAsync(server, second), StringComparison.Ordinal);
        Assert.DoesNotContain("while waiting", await InputsLineAsync(server, urgent), StringComparison.Ordinal);
        Assert.Equal(3, server.Engine.Fetcher.Asked.Count(url => url.StartsWith("https://b", StringComparison.Ordinal)));
        Assert.Equal([urgent, second], server.Engine.Runner.Began.Select(run => run.Id).Skip(1));
        await HeldAsync(server);
    }

    [Fact]
    public async Task What_does_not_come_soon_is_given_back()
    {
        await using var server = await StartAsync();
        await BeginAsync(server, "a");
        var second = await SubmitAsync(server, "b");
        await HeldAsync(server, "a", "b");
        var urgent = await SubmitAsync(server, "c", "high");
        await SubmitAsync(server, "d", "high");
        Gate first = server.Engine.FourthStep!, next = new();
        server.Engine.FourthStep = next;
        first.Open();
        await server.WaitForStepAsync(urgent, 4);
        await HeldAsync(server, "c", "d");
        next.Open();
        // Fetched once more during the short run before its own; that may have been over first.
        Assert.Matches("(fetched|begun) while waiting", await InputsLineAsync(server, second));
        Assert.Equal(6, server.Engine.Fetcher.Asked.Count(url => url.StartsWith("https://b", StringComparison.Ordinal)));
        await HeldAsync(server);
    }

    [Fact]
    public async Task What_fails_belongs_to_its_request_and_is_tried_again_when_that_runs()
    {
        await using var server = await StartAsync();
        var first = await BeginAsync(server, "a");
        var missing = await SubmitAsync(server, "missing");
        await AskedAsync(server, "missing");
        Gate gate = server.Engine.FourthStep!;
        server.Engine.FourthStep = null;
        gate.Open();
        var failed = await server.WaitForAsync(missing);
        Assert.Contains(failed.GetProperty("logs").EnumerateArray(), line => line.GetProperty("message").GetString()!.Contains("the server answered 404", StringComparison.Ordinal));
        var result = await server.ResultAsync(missing);
        Assert.Equal((422, "file_download_error"), (result.Status, result.Detail.GetProperty("type").GetString()));
        Assert.Equal(200, (await server.ResultAsync(first)).Status);

        server.Engine.FourthStep = new Gate();
        await BeginAsync(server, "b");
        var flaky = await SubmitAsync(server, "flaky");
        await AskedAsync(server, "flaky");
        server.Engine.FourthStep.Open();
        Assert.DoesNotContain("while waiting", await InputsLineAsync(server, flaky), StringComparison.Ordinal);
        Assert.Equal(200, (await server.ResultAsync(flaky)).Status);
        await HeldAsync(server);
    }

    [Fact]
    public async Task The_one_that_grouping_will_take_is_fetched()
    {
        await using var server = await StartAsync();
        await BeginAsync(server, "a");
        var other = await SubmitAsync(server, "b");
        await HeldAsync(server, "a", "b");
        var same = await SubmitAsync(server, "c", loras: "a");
        Assert.Equal(202, (await server.CancelAsync(other)).Status);
        await HeldAsync(server, "a", "c", loras: "a");
        var later = await SubmitAsync(server, "d");
        var again = await SubmitAsync(server, "e", loras: "a");
        Gate first = server.Engine.FourthStep!, next = new();
        server.Engine.FourthStep = next;
        first.Open();
        await server.WaitForStepAsync(same, 4);
        await UntilAsync(() => server.Engine.Fetcher.Held.Values.Contains(Video("e")), "the one with the same LoRAs was not fetched");
        next.Open();
        await server.WaitForAsync(later);
        Assert.Equal([same, again, later], server.Engine.Runner.Began.Select(run => run.Id).Skip(1));
        Assert.All([Video("d"), Video("e")], url => Assert.Single(server.Engine.Fetcher.Asked, url));
        await HeldAsync(server);
    }

    [Fact]
    public async Task Each_worker_has_one_of_its_own_and_either_may_run_it()
    {
        await using var server = await StartAsync(o => o.Queue.Workers = 2);
        await BeginAsync(server, "a");
        await BeginAsync(server, "b");
        var third = await SubmitAsync(server, "c");
        var fourth = await SubmitAsync(server, "d");
        await HeldAsync(server, "a", "b", "c", "d");
        var fifth = await SubmitAsync(server, "e");
        server.Engine.FourthStep!.Open();
        Assert.Contains("fetched while waiting", await InputsLineAsync(server, third), StringComparison.Ordinal);
        Assert.Contains("fetched while waiting", await InputsLineAsync(server, fourth), StringComparison.Ordinal);
        await server.WaitForAsync(fifth);
        Assert.Equal(server.Engine.Fetcher.Asked.Distinct().Order(), server.Engine.Fetcher.Asked.Order());
        await HeldAsync(server);
    }

    [Fact]
    public async Task One_that_was_too_late_to_start_is_given_back()
    {
        await using var server = await StartAsync();
        await BeginAsync(server, "a");
        var answer = await server.PostAsync(TestServer.Submit, Input("b"), ("X-Fal-Request-Timeout", "3"));
        var second = answer.Json.GetProperty("request_id").GetString()!;
        await server.WaitForAsync(second);
        Assert.Equal(504, (await server.ResultAsync(second)).Status);
        await HeldAsync(server, "a");
        server.Engine.FourthStep!.Open();
    }

    [Fact]
    public async Task A_server_that_stops_gives_everything_back_and_the_next_one_runs_it()
    {
        using TempFolder data = new();
        FakeEngine engine = new() { FourthStep = new() };
        string second;
        await using (var server = await StartAsync(o => o.Queue.DrainSeconds = 0.2, engine, data.Path))
        {
            await BeginAsync(server, "a");
            second = await SubmitAsync(server, "b");
            await HeldAsync(server, "a", "b");
        }

        Assert.Empty(engine.Fetcher.Held);
        await using var next = await TestServer.StartAsync(data: data.Path);
        await next.WaitForAsync(second);
        Assert.Equal(200, (await next.ResultAsync(second)).Status);
        Assert.Equal(1, next.Engine.Runner.Began.Single(run => run.Id == second).Attempt);
        await HeldAsync(next);
    }

    [Fact]
    public async Task Nothing_is_fetched_ahead_onto_a_disk_that_is_nearly_full()
    {
        await using var server = await StartAsync();
        await BeginAsync(server, "a");
        var second = await SubmitAsync(server, "b");
        await HeldAsync(server, "a", "b");
        var third = await SubmitAsync(server, "c");
        server.Options.Files.MinFreeBytes = long.MaxValue;
        Assert.Equal(202, (await server.CancelAsync(second)).Status);
        await HeldAsync(server, "a");
        server.Engine.FourthStep!.Open();
        Assert.DoesNotContain("while waiting", await InputsLineAsync(server, third), StringComparison.Ordinal);
        Assert.Equal(200, (await server.ResultAsync(third)).Status);
    }

    [Fact]
    public async Task It_can_be_turned_off()
    {
        await using var server = await StartAsync(o => o.Queue.LookAhead = false);
        await BeginAsync(server, "a");
        var second = await SubmitAsync(server, "b");
        server.Engine.FourthStep!.Open();
        Assert.Matches(@"^Inputs are here \(\d+\.\d s\)\.$", await InputsLineAsync(server, second));
        Assert.Empty(server.Engine.Runner.Prepared);
    }

    private static Task<TestServer> StartAsync(Action<LtxOptions>? configure = null, FakeEngine? engine = null, string? data = null, bool slow = false) =>
        TestServer.StartAsync(configure, engine ?? new FakeEngine { FourthStep = new(), SlowHost = slow ? new() : null }, data);

    private static string Video(string host) => $"https://{host}.example.com/video.mp4";

    private static string Mask(string host) => $"https://{host}.example.com/mask.mp4";

    private static string Lora(string host) => $"https://{host}.example.com/lora.safetensors";

    private static Dictionary<string, object?> Input(string host, string? loras = null) =>
        TestServer.Input(("video_url", Video(host)), ("mask_video_url", Mask(host)), ("loras", new[] { new { path = Lora(loras ?? host) } }));

    private static async Task<string> SubmitAsync(TestServer server, string host, string priority = "normal", string? loras = null)
    {
        var answer = await server.PostAsync(TestServer.Submit, Input(host, loras), ("X-Fal-Queue-Priority", priority));
        Assert.Equal(200, answer.Status);
        return answer.Json.GetProperty("request_id").GetString()!;
    }

    /// <summary>A request that stands at the gate.</summary>
    private static async Task<string> BeginAsync(TestServer server, string host)
    {
        var id = await SubmitAsync(server, host);
        await server.WaitForStepAsync(id, 4);
        return id;
    }

    /// <summary>Waits until exactly the inputs of these are on the disk.</summary>
    private static Task HeldAsync(TestServer server, params string[] hosts) => HeldAsync(server, hosts, loras: null);

    private static Task HeldAsync(TestServer server, string first, string second, string loras) => HeldAsync(server, [first, second], loras);

    private static Task HeldAsync(TestServer server, string[] hosts, string? loras)
    {
        string[] expected = [.. hosts.SelectMany(host => new[] { Video(host), Mask(host), Lora(loras ?? host) }).Order()];
        return UntilAsync(() => server.Engine.Fetcher.Held.Values.Order().SequenceEqual(expected), () => $"not {string.Join(", ", hosts)} but {string.Join(", ", server.Engine.Fetcher.Held.Values)} are here");
    }

    private static Task AskedAsync(TestServer server, string host) =>
        UntilAsync(() => server.Engine.Fetcher.Asked.Count(url => url.StartsWith("https://" + host, StringComparison.Ordinal)) == 3, $"the inputs of {host} were not asked for");

    private static async Task<string> InputsLineAsync(TestServer server, string id) =>
        (await server.WaitForAsync(id)).GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString()!).Single(line => line.StartsWith("Inputs are here", StringComparison.Ordinal));

    private static Task UntilAsync(Func<bool> isSo, string otherwise) => UntilAsync(isSo, () => otherwise);

    private static async Task UntilAsync(Func<bool> isSo, Func<string> otherwise)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(120); !isSo(); await Task.Delay(10))
        {
            Assert.True(DateTime.UtcNow < deadline, otherwise());
        }
    }
}
