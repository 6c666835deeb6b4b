using System.Text.Json;
using Ltx.Server.Commands;
using Ltx.Server.Queue;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Commands;

/// <summary>`ltx requests` and `ltx status` as they are read: by a person at 80 columns, and by a program.</summary>
public sealed class RequestsCommandTests
{
    private static readonly JsonElement[] Listed = [.. new[]
    {
        Request("5cc2f1d0-0f1c-4b0e-8a44-0d54e3b8a001", "COMPLETED", 422, "content_policy_violation", null, "alice",
            "a prompt\nof two lines that is far longer than what is left of eighty columns"),
        Request("01234567-0f1c-4b0e-8a44-0d54e3b8a002", "IN_QUEUE", null, null, null, "", "short"),
        Request("01234568-0f1c-4b0e-8a44-0d54e3b8a003", "COMPLETED", 200, null, 12.34, "bob", "short"),
    }];

    [Fact]
    public void A_terminal_is_given_lines_that_fit_and_begin_with_what_the_commands_take()
    {
        string[] lines = [.. RequestsTable.Lines(Listed, 80)];

        Assert.All(lines, line => Assert.InRange(line.Length, 1, 80));
        Assert.Equal(["request ", "5cc2f1d0", "01234567", "01234568"], lines.Select(line => line[..8]));
        Assert.EndsWith("...", lines[1], StringComparison.Ordinal);
        Assert.Contains("  200  ", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Another_program_is_given_everything_a_line_a_request()
    {
        string[] lines = [.. RequestsTable.Lines(Listed, null)];

        Assert.Equal(4, lines.Length);
        Assert.StartsWith("5cc2f1d0-0f1c-4b0e-8a44-0d54e3b8a001  COMPLETED  422 content_policy_violation  2026-11-30T12:34:56.789Z", lines[1],
            StringComparison.Ordinal);
        Assert.EndsWith("far longer than what is left of eighty columns", lines[1], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.DoesNotContain('\n', line));
    }

    [Fact]
    public async Task A_log_is_followed_to_the_requests_end_and_the_status_says_what_is_there_to_do()
    {
        using TempFolder data = new();
        FakeEngine engine = new() { FourthStep = new() };
        string id;
        await using (TestServer server = await TestServer.StartAsync(engine: engine, data: data.Path))
        {
            id = (await server.Queue.SubmitAsync(TestServer.NewRequest(), TestServer.NoBounds)).Request!.Id;
            await server.Queue.SubmitAsync(TestServer.NewRequest(), TestServer.NoBounds);
            await engine.FourthStep.Reached;
            string[] status = (await LtxInProcess.RunAsync(["status", "--data", data.Path])).Succeeded().Output.Split('\n');
            Assert.Matches($@"^ltx \S+ at {server.Url}, process {Environment.ProcessId}, since \d{{4}}-\d\d-\d\d \d\d:\d\d$", status[0]);
            Assert.Equal(["ready", "1 running, 1 waiting", ""], status[1..]);

            Task<LtxRun> followed = LtxInProcess.RunAsync(["requests", "logs", "-f", id[..8], "--data", data.Path]);
            engine.FourthStep.Open();
            string log = (await followed).Succeeded().Output;
            using JsonDocument ended =
                JsonDocument.Parse((await LtxInProcess.RunAsync(["requests", "show", id, "--data", data.Path])).Succeeded().Output);
            string[] said = [.. ended.RootElement.GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString()!)];
            Assert.Equal("COMPLETED", ended.RootElement.GetProperty("status").GetString());
            Assert.NotEmpty(said);
            Assert.Equal(said, log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split("INFO   ")[1]));
        }

        LtxRun stopped = await LtxInProcess.RunAsync(["status", "--data", data.Path]);
        Assert.Equal((1, $"no server runs over {data.Path}"), (stopped.ExitCode, stopped.Output.Split('\n')[0]));
        LtxRun json = await LtxInProcess.RunAsync(["status", "--json", "--data", data.Path]);
        Assert.False(JsonDocument.Parse(json.Output).RootElement.GetProperty("serving").GetBoolean());
    }

    private static JsonElement Request(string id, string status, int? code, string? error, double? seconds, string key, string prompt) =>
        JsonSerializer.SerializeToElement(new
    {
        request_id = id, status, status_code = code, error_type = error, created_at = "2026-11-30T12:34:56.789Z", inference_time = seconds,
            key_name = key, input = new { prompt },
    });
}
