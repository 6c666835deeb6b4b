using System.Diagnostics;
using System.Text.Json;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Queue;

[Fast]
public class QueueRouteTests
{
    [Fact]
    public async Task A_submit_answers_with_urls_of_the_same_origin_and_mount()
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync(TestServer.Submit, TestServer.Input());
        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.Header("content-type"));
        var id = answer.Json.GetProperty("request_id").GetString()!;
        Assert.True(Guid.TryParse(id, out _));
        Assert.Equal(id, answer.Header("x-fal-request-id"));
        Assert.Equal(id, answer.Json.GetProperty("gateway_request_id").GetString());
        Assert.Equal("IN_QUEUE", answer.Json.GetProperty("status").GetString());
        var url = $"{server.Url}/queue/fal-ai/ltx-2.3-quality/requests/{id}";
        Assert.Equal(url, answer.Json.GetProperty("response_url").GetString());
        Assert.Equal(url + "/status", answer.Json.GetProperty("status_url").GetString());
        Assert.Equal(url + "/cancel", answer.Json.GetProperty("cancel_url").GetString());
        Assert.Equal(0, answer.Json.GetProperty("queue_position").GetInt32());
        Assert.Equal(JsonValueKind.Null, answer.Json.GetProperty("logs").ValueKind);
        Assert.Empty(answer.Json.GetProperty("metrics").EnumerateObject());
    }

    [Fact]
    public async Task A_request_passes_the_three_states_with_the_keys_that_clients_index()
    {
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { StepTime = TimeSpan.FromMilliseconds(60), FourthStep = new() });
        var first = await server.SubmitAsync();
        var running = await server.WaitForAsync(first, "IN_PROGRESS");
        var second = await server.SubmitAsync();

        var waiting = await server.GetAsync($"/queue{TestServer.App}/requests/{second}/status?logs=true");
        Assert.Equal(202, waiting.Status);
        Assert.Equal("IN_QUEUE", waiting.Json.GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, waiting.Json.GetProperty("logs").ValueKind);
        Assert.Equal(0, waiting.Json.GetProperty("queue_position").GetInt32());

        Assert.Equal(JsonValueKind.Array, running.GetProperty("logs").ValueKind);
        var progress = await server.WaitForStepAsync(first, 4);
        Assert.Equal("denoising", progress.GetProperty("stage").GetString());
        Assert.Equal(8, progress.GetProperty("steps").GetInt32());
        Assert.Equal(0.5, progress.GetProperty("fraction").GetDouble());
        Assert.Equal(JsonValueKind.Number, progress.GetProperty("seconds_left").ValueKind);

        var early = await server.ResultAsync(first);
        Assert.Equal(400, early.Status);
        Assert.Equal("{\"detail\":\"Request is still in progress\"}", early.Body);
        server.Engine.FourthStep!.Open();

        var done = await server.WaitForAsync(first);
        var line = done.GetProperty("logs").EnumerateArray().Single(l => l.GetProperty("message").GetString()!.StartsWith("Denoising 7/8", StringComparison.Ordinal));
        Assert.Equal("Denoising 7/8 \u2013 \u00e4\u6f22\ud83c\udfac", line.GetProperty("message").GetString());
        Assert.Equal("INFO", line.GetProperty("level").GetString());
        Assert.Equal("USER", line.GetProperty("source").GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", line.GetProperty("timestamp").GetString());
        Assert.True(done.GetProperty("metrics").GetProperty("inference_time").GetDouble() > 0.4);
        Assert.False(done.TryGetProperty("error", out _));
        Assert.Equal(JsonValueKind.Null, (await server.GetAsync($"/queue{TestServer.App}/requests/{first}/status?logs=0")).Json.GetProperty("logs").ValueKind);
    }

    [Fact]
    public async Task The_result_is_the_output_object_with_its_headers_under_every_form_of_the_path()
    {
        await using var server = await TestServer.StartAsync();
        var id = await server.SubmitAsync(("seed", 42));
        await server.WaitForAsync(id);
        foreach (var path in new[]
        {
            $"/queue{TestServer.App}/requests/{id}", $"/queue{TestServer.App}/requests/{id}/", $"/queue{TestServer.App}/requests/{id}/response",
            $"/queue{TestServer.App}/inpaint/lora/requests/{id}", $"{TestServer.App}/requests/{id}", $"/run{TestServer.App}/inpaint/lora/requests/{id}/response",
        })
        {
            var result = await server.GetAsync(path);
            Assert.Equal(200, result.Status);
            Assert.Equal("112", result.Header("x-fal-billable-units"));
            Assert.Equal(id, result.Header("x-fal-request-id"));
            Assert.Equal(42, result.Json.GetProperty("seed").GetInt64());
            Assert.Equal("a red fox", result.Json.GetProperty("prompt").GetString());
            var video = result.Json.GetProperty("video");
            Assert.Equal("video/mp4", video.GetProperty("content_type").GetString());
            Assert.Equal(["video", "seed", "prompt"], result.Json.EnumerateObject().Select(p => p.Name));
            var bytes = await server.Client.GetByteArrayAsync(video.GetProperty("url").GetString());
            Assert.Equal(FakeRunner.Content("a red fox", 42), bytes);
            Assert.Equal(bytes.Length, video.GetProperty("file_size").GetInt32());
        }
    }

    [Fact]
    public async Task Sync_mode_gives_the_video_as_a_data_uri_and_run_the_bare_output()
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync(TestServer.Run, TestServer.Input(("sync_mode", true), ("seed", 7), ("prompt", "x [size=200001]")));
        Assert.Equal(200, answer.Status);
        Assert.True(Guid.TryParse(answer.Header("x-fal-request-id"), out _));
        var url = answer.Json.GetProperty("video").GetProperty("url").GetString()!;
        Assert.StartsWith("data:video/mp4;base64,", url, StringComparison.Ordinal);
        Assert.Equal(FakeRunner.Content("x [size=200001]", 7), Convert.FromBase64String(url[22..]));
        Assert.Equal(200001, answer.Json.GetProperty("video").GetProperty("file_size").GetInt32());
        Assert.Equal(7, answer.Json.GetProperty("seed").GetInt32());
    }

    [Fact]
    public async Task The_sibling_without_loras_is_served()
    {
        await using var server = await TestServer.StartAsync();
        var answer = await server.PostAsync($"{TestServer.App}/inpaint", TestServer.Input(("loras", null)));
        Assert.Equal(200, answer.Status);
        Assert.Empty(server.Engine.Runner.Jobs.Single().Loras);
    }

    [Fact]
    public async Task A_waiting_request_is_cancelled_at_once_and_the_first_is_unaffected()
    {
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() });
        var first = await server.SubmitAsync();
        await server.WaitForAsync(first, "IN_PROGRESS");
        var second = await server.SubmitAsync();
        var cancel = await server.CancelAsync(second);
        Assert.Equal(202, cancel.Status);
        Assert.Equal("{\"status\":\"CANCELLATION_REQUESTED\"}", cancel.Body);
        var status = await server.GetAsync($"/queue{TestServer.App}/requests/{second}/status");
        Assert.Equal(200, status.Status);
        Assert.Equal("client_cancelled", status.Json.GetProperty("error_type").GetString());
        var result = await server.ResultAsync(second);
        Assert.Equal(499, result.Status);
        Assert.Equal("client_cancelled", result.Json.GetProperty("error_type").GetString());
        Assert.Equal("client_cancelled", result.Header("x-fal-error-type"));
        Assert.Equal(400, (await server.CancelAsync(second)).Status);
        server.Engine.FourthStep!.Open();
        await server.WaitForAsync(first);
        var again = await server.CancelAsync(first);
        Assert.Equal((400, "{\"status\":\"ALREADY_COMPLETED\"}"), (again.Status, again.Body));
        Assert.Equal(200, (await server.ResultAsync(first)).Status);
        Assert.DoesNotContain(server.Engine.Runner.Began, b => b.Id == second);
    }

    [Fact]
    public async Task A_cancelled_running_request_frees_the_device_within_one_evaluation()
    {
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() });
        var id = await server.SubmitAsync();
        await server.WaitForStepAsync(id, 4);
        Assert.Equal(202, (await server.CancelAsync(id)).Status);
        var lines = (await server.WaitForAsync(id)).GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString()!);
        // The gate never opened: the run left in the middle of its step.
        Assert.True(server.Engine.Runner.Ended.ContainsKey(id));
        Assert.DoesNotContain(lines, line => line.StartsWith("Denoising 5/", StringComparison.Ordinal));
        Assert.Equal(499, (await server.ResultAsync(id)).Status);
    }

    [Fact]
    public async Task A_sync_run_ends_with_its_client()
    {
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() });
        using CancellationTokenSource leave = new();
        using var content = System.Net.Http.Json.JsonContent.Create(TestServer.Input());
        var running = server.Client.PostAsync(TestServer.Run, content, leave.Token);
        var id = await server.WaitForRunAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        var status = await server.WaitForAsync(id);
        Assert.Equal("client_disconnected", status.GetProperty("error_type").GetString());
        Assert.Equal(499, (await server.ResultAsync(id)).Status);
    }

    [Fact]
    public async Task Unknown_ids_are_not_found()
    {
        await using var server = await TestServer.StartAsync();
        var id = Guid.NewGuid().ToString();
        foreach (var answer in new[] { await server.GetAsync($"/queue{TestServer.App}/requests/{id}/status"), await server.ResultAsync(id), await server.CancelAsync(id), await server.GetAsync($"/queue{TestServer.App}/requests/{id}/status/stream") })
        {
            Assert.Equal((404, "{\"status\":\"NOT_FOUND\"}"), (answer.Status, answer.Body));
        }
    }

    [Theory]
    [InlineData("[throw]", 500, "internal_server_error", "1")]
    [InlineData("[reject]", 422, "content_policy_violation", "0")]
    public async Task Model_errors_replay_at_the_result_call_and_leave_the_status_without_error(string prompt, int code, string type, string retry)
    {
        await using var server = await TestServer.StartAsync();
        var id = await server.SubmitAsync(("prompt", prompt));
        Assert.False((await server.WaitForAsync(id)).TryGetProperty("error_type", out _));
        var result = await server.ResultAsync(id);
        Assert.Equal(code, result.Status);
        Assert.Equal(type, result.Detail.GetProperty("type").GetString());
        Assert.Equal("https://docs.fal.ai/errors#" + type, result.Detail.GetProperty("url").GetString());
        Assert.Equal(retry, result.Header("x-fal-needs-retry"));
        Assert.Equal("0", result.Header("x-fal-billable-units"));
    }

    [Fact]
    public async Task Fetch_failures_are_422_at_the_field_with_a_redacted_input()
    {
        await using var server = await TestServer.StartAsync();
        var id = await server.SubmitAsync(("loras", new[] { new { path = "https://example.com/a.safetensors" }, new { path = "https://missing.example.com/b.safetensors?token=secret" } }));
        await server.WaitForAsync(id);
        var result = await server.ResultAsync(id);
        Assert.Equal(422, result.Status);
        Assert.Equal("[\"body\",\"loras\",1,\"path\"]", result.Detail.GetProperty("loc").GetRawText());
        Assert.Equal("file_download_error", result.Detail.GetProperty("type").GetString());
        Assert.DoesNotContain("secret", result.Body, StringComparison.Ordinal);
        var huge = await server.SubmitAsync(("video_url", "https://huge.example.com/v.mp4"));
        await server.WaitForAsync(huge);
        Assert.Equal(3221225472, (await server.ResultAsync(huge)).Detail.GetProperty("ctx").GetProperty("max_size").GetInt64());
    }

    [Fact]
    public async Task A_start_deadline_ends_a_waiting_request_as_the_users_own_timeout()
    {
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() });
        await server.WaitForAsync(await server.SubmitAsync(), "IN_PROGRESS");
        var late = await server.PostAsync(TestServer.Submit, TestServer.Input(), ("X-Fal-Request-Timeout", "0.3"));
        var id = late.Json.GetProperty("request_id").GetString()!;
        Assert.Equal("request_timeout", (await server.WaitForAsync(id)).GetProperty("error_type").GetString());
        var result = await server.ResultAsync(id);
        Assert.Equal((504, "user"), (result.Status, result.Header("x-fal-request-timeout-type")));
        Assert.Equal((400, "bad_request"), await Malformed("soon"));
        Assert.Equal((400, "bad_request"), await Malformed("0.1"));
        server.Engine.FourthStep!.Open();

        async Task<(int, string?)> Malformed(string value)
        {
            var answer = await server.PostAsync(TestServer.Submit, TestServer.Input(), ("X-Fal-Request-Timeout", value));
            return (answer.Status, answer.Json.GetProperty("error_type").GetString());
        }
    }

    [Fact]
    public async Task Priorities_are_lanes()
    {
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() });
        var blocker = await server.SubmitAsync();
        await server.WaitForAsync(blocker, "IN_PROGRESS");
        List<string> ids = [];
        foreach (var priority in new[] { "low", "normal", "high", "unheard-of" })
        {
            ids.Add((await server.PostAsync(TestServer.Submit, TestServer.Input(), ("x-fal-queue-priority", priority))).Json.GetProperty("request_id").GetString()!);
        }

        Assert.Equal(3, (await server.GetAsync($"/queue{TestServer.App}/requests/{ids[0]}/status")).Json.GetProperty("queue_position").GetInt32());
        server.Engine.FourthStep!.Open();
        await server.WaitForAsync(ids[0]);
        Assert.Equal([blocker, ids[2], ids[1], ids[3], ids[0]], server.Engine.Runner.Began.Select(b => b.Id));
    }

    [Fact]
    public async Task Max_queue_length_answers_429()
    {
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() });
        var running = await server.SubmitAsync();
        await server.WaitForAsync(running, "IN_PROGRESS");
        // "If more than that many are waiting": the first waits for nobody but the one that runs, the second for one.
        int[] answers = [await With("0"), await With("0"), await With("1"), await With("1"), await With("2"), await With("many")];
        Assert.Equal([200, 429, 200, 429, 200, 200], answers);
        server.Engine.FourthStep!.Open();

        async Task<int> With(string most) => (await server.PostAsync(TestServer.Submit + "?fal_max_queue_length=" + most, TestServer.Input())).Status;
    }

    [Fact]
    public async Task Without_validation_at_submit_the_422_comes_at_the_result_call()
    {
        await using var server = await TestServer.StartAsync(o => o.Fal.ValidateAtSubmit = false);
        var id = await server.SubmitAsync(("num_frames", 5));
        await server.WaitForAsync(id);
        var result = await server.ResultAsync(id);
        Assert.Equal((422, "greater_than_equal"), (result.Status, result.Detail.GetProperty("type").GetString()));
        Assert.Equal(422, (await server.PostAsync(TestServer.Run, TestServer.Input(("num_frames", 5)))).Status);
        Assert.Equal(422, (await server.SendAsync(HttpMethod.Post, TestServer.Submit, new StringContent("{"))).Status);
    }
}
