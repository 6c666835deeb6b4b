using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using Ltx.Server.Commands;
using Ltx.Server.Configuration;
using Ltx.Server.Observability;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ltx.Server.Tests.Commands;

/// <summary>What `ltx serve` says when it begins and when it is told to end.</summary>
public sealed partial class ServeStartTests
{
    private const int Interrupt = 2;

    [Fact]
    public async Task Five_lines_tell_what_is_served_and_Ctrl_C_what_is_waited_for()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals are Linux's here.");
        using TestFolder folder = new();
        string data = folder.Named("data"), url = $"http://127.0.0.1:{FreePort()}";
        // Signals as a terminal's shell leaves them: what runs the tests may have them ignored.
        using LtxProcess process = LtxProcess.Start(
            Serve(url, data),
            before: ["env", "--default-signal=INT"]);
        using HttpClient client = new() { BaseAddress = new Uri(url) };
        await AnswersAsync(client, process);
        using HttpResponseMessage page = await client.GetAsync("/", TestContext.Current.CancellationToken),
            part = await client.GetAsync("/ui/app.js", TestContext.Current.CancellationToken);
        Assert.True(page.IsSuccessStatusCode);

        Assert.Equal(0, Kill(process.Id, Interrupt));
        LtxRun run = await process.EndAsync();

        Assert.True(run.ExitCode == 0, run.Error + run.Output);
        string[] lines = [.. run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..])];
        Assert.Equal(
            [
                $"info  ltx      ltx {ProgramVersion.Text}, model model ({Repository.GoldenModel})",
                "info  ltx      device: cpu, float32",
                $"info  ltx      data: {data}",
                "info  ltx      callers: this machine's own user alone, until there is a key (`ltx keys create NAME`)",
                $"info  ltx      playground: {url}/",
            ],
            lines.Where(line => line.StartsWith("info  ltx ", StringComparison.Ordinal)));
        Assert.Contains("info  queue    Stopping: nothing is running that would be waited for. What waits stays in the queue", lines);
        // The page's files are not worth a line.
        Assert.DoesNotContain(lines, line => line.Contains("/ui/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_terminals_Ctrl_C_does_not_end_the_ffmpeg_of_a_request_that_is_waited_for_and_a_second_one_waits_for_nothing(bool isImpatient)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals are Linux's here.");
        using TestFolder folder = new();
        string data = folder.Named("data"), url = $"http://127.0.0.1:{FreePort()}", begun = folder.Named("begun"), go = folder.Named("go"),
            inputs = folder.Folder("inputs");
        string video = TestMedia.Video(folder, "inputs/source.mp4"),
            black = TestMedia.Make(folder, "inputs/black.png", "-f", "lavfi", "-i", "color=black:s=128x128", "-frames:v", "1");
        string ffmpeg = TestMedia.Tool("ffmpeg");
        Dictionary<string, string> environment = new()
        {
            ["LTX_FFMPEG"] = folder.Tools(ffmpeg: $"""
                case "$*" in *libx264*)
                  touch {begun}
                  while [ ! -e {go} ]; do [ -e {begun} ] || exit 1; sleep 0.05; done
                esac
                exec {ffmpeg} "$@"
                """),
        };
        using LtxProcess process =
            LtxProcess.Start([.. Serve(url, data), "--set", $"Fetch:AllowedFolders:0={inputs}"], environment,
            before: ["setsid", "env", "--default-signal=INT"]);
        using HttpClient client = new() { BaseAddress = new Uri(url) };
        await AnswersAsync(client, process);
        var input = new { prompt = "a disc", video_url = new Uri(video).AbsoluteUri, mask_video_url = new Uri(black).AbsoluteUri,
            loras = Array.Empty<object>(), num_inference_steps = 8 };
        using HttpResponseMessage submitted =
            await client.PostAsJsonAsync("/queue/fal-ai/ltx-2.3-quality/inpaint/lora", input, TestContext.Current.CancellationToken);
        string id = (await submitted.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("request_id")
            .GetString()!;
        while (!File.Exists(begun)) await Task.Delay(20, TestContext.Current.CancellationToken);

        Assert.Equal(0, Kill(-process.Id, Interrupt));
        await process.SaysAsync("Stopping: up to 30 s for the request that is running (Ctrl-C again: not at all). What waits stays in the queue");
        Assert.False(await IsReadyAsync(client));
        if (isImpatient) Assert.Equal(0, Kill(-process.Id, Interrupt));
        else File.WriteAllText(go, "");
        LtxRun run = await process.EndAsync();

        // The stand-in for ffmpeg, which nobody ends any more, ends itself.
        File.Delete(begun);
        Assert.True(run.ExitCode == (isImpatient ? 130 : 0), run.Error + run.Output);
        Assert.Equal(isImpatient, run.Error.Contains("ltx: stopped at once; what was running is run again by", StringComparison.Ordinal));
        using IRequestsAccess left = RequestsAccess.Open(data);
        JsonElement request = await left.ShowAsync(id, TestContext.Current.CancellationToken);
        Assert.Equal(isImpatient ? "IN_PROGRESS" : "COMPLETED", request.GetProperty("status").GetString());
        if (!isImpatient) Assert.Equal(200, request.GetProperty("status_code").GetInt32());
    }

    [Theory]
    [InlineData("Ltx.Server.Queue.QueueService", "queue")]
    [InlineData("Ltx.Server.ServeHost", "servehost")]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", "kestrel")]
    [InlineData("ltx", "ltx")]
    public void A_log_line_names_the_part_that_speaks_in_a_word_and_is_one_line(string category, string part)
    {
        using StringWriter line = new();
        InvalidOperationException failure = new("one\ntwo");
        LogEntry<string> entry = new(LogLevel.Warning, category, default, "a\r\nb", failure, (state, _) => state);

        new LineFormatter(new Fixed()).Write(entry, null, line);

        Assert.Equal($"2026-11-30T12:00:00.000Z warn  {part,-8} a b System.InvalidOperationException: one two{Environment.NewLine}", line.ToString());
    }

    [Fact]
    public void The_callers_are_those_that_the_settings_and_keys_let_in()
    {
        string Callers(LtxOptions options, params string[] keys) => StartLines.Of(options, "/models/m", "cpu, float32", keys, "http://0.0.0.0:80")
            .ElementAt(3);
        LtxOptions open = new();
        open.Auth.AllowAnonymous = true;

        Assert.Equal("callers: who has a key: alice, bob", Callers(new LtxOptions(), "alice", "bob"));
        Assert.Equal("callers: everybody, without a key (Auth:AllowAnonymous)", Callers(open, "alice"));
        Assert.Equal("playground: http://127.0.0.1:80/", StartLines.Of(open, "/models/m", "cpu", [], "http://0.0.0.0:80").Last());
    }

    [Theory]
    [InlineData("1.2.3+0123456789abcdef", "1.2.3+01234567")]
    [InlineData("1.2.3", "1.2.3")]
    public void A_version_names_the_commit_as_far_as_that_tells_it_from_others(string whole, string shortened) =>
        Assert.Equal(shortened, ProgramVersion.Shortened(whole));

    private static string[] Serve(string url, string data) =>
        ["serve", "--model", Repository.GoldenModel, "--urls", url, "--data", data, "--set", "Inpaint:WarmUp=false", "--set", "Safety:Mode=off",
            "--set", "Inpaint:Device=cpu"];

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    private static int FreePort()
    {
        using System.Net.Sockets.TcpListener listener = new(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task AnswersAsync(HttpClient client, LtxProcess process)
    {
        using CancellationTokenSource late = new(TimeSpan.FromMinutes(10));
        while (!await IsReadyAsync(client))
        {
            Assert.False(process.HasEnded, "The server ended before it served.");
            await Task.Delay(50, late.Token);
        }
    }

    private static async Task<bool> IsReadyAsync(HttpClient client)
    {
        try
        {
            return (await client.GetAsync("/health/ready", TestContext.Current.CancellationToken)).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet, or no longer.
            return false;
        }
    }

    private sealed class Fixed : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
    }
}
