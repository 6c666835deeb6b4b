using System.Runtime.CompilerServices;
using Ltx.Server.Fetch;
using Ltx.Server.Queue;
using Ltx.Server.Storage;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ltx.Server.Tests.Queue;

/// <summary>What goes wrong around a run, and at a stop, ends neither the server nor another request.</summary>
[Fast]
public class TroubleTests
{
    [Fact]
    public async Task A_database_that_another_program_holds_pauses_the_worker_and_nothing_is_lost()
    {
        using TempFolder data = new();
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() }, data: data.Path,
            register: (services, _) => services.AddSingleton(_ => new Database(Path.Combine(data.Path, "ltx.db"), busySeconds: 1)));
        var running = await server.SubmitAsync();
        await server.WaitForStepAsync(running, 4);
        var waiting = await server.SubmitAsync();
        using (SqliteConnection other = new($"Data Source={Path.Combine(data.Path, "ltx.db")};Pooling=False"))
        {
            other.Open();
            other.Execute("BEGIN IMMEDIATE");
            server.Engine.FourthStep!.Open();
            for (var deadline = DateTime.UtcNow.AddMinutes(3); server.Service<Database>().Trouble is null; await Task.Delay(20))
            {
                Assert.True(DateTime.UtcNow < deadline, "The database is held, and nobody notices.");
            }

            var ready = await server.GetAsync("/health/ready");
            Assert.Equal((503, false), (ready.Status, ready.Json.GetProperty("database_writable").GetBoolean()));
            Assert.Equal(503, (await server.PostAsync(TestServer.Submit, TestServer.Input())).Status);
            Assert.Equal(503, (await server.CancelAsync(waiting)).Status);
            Assert.Equal(200, (await server.GetAsync("/requests")).Status); // what is only read is answered
        }

        await server.WaitForAsync(running);
        await server.WaitForAsync(waiting);
        Assert.Equal((200, 200), ((await server.ResultAsync(running)).Status, (await server.ResultAsync(waiting)).Status));
        for (var deadline = DateTime.UtcNow.AddMinutes(3); (await server.GetAsync("/health/ready")).Status != 200; await Task.Delay(20))
        {
            Assert.True(DateTime.UtcNow < deadline, "The database is back, and the server is not ready.");
        }
    }

    [Fact]
    public async Task A_work_folder_that_somebody_removed_is_one_requests_trouble()
    {
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthStep = new() });
        var id = await server.SubmitAsync();
        await server.WaitForStepAsync(id, 4);
        foreach (var folder in new[] { "work", "inputs", "parts", "files" })
        {
            Directory.Delete(Path.Combine(server.Options.Server.Data, folder), recursive: true);
        }

        server.Engine.FourthStep!.Open();
        await server.WaitForAsync(id);
        Assert.Equal(500, (await server.ResultAsync(id)).Status);
        var next = await server.SubmitAsync(("prompt", new string('x', 100_000))); // its input is a file
        await server.WaitForAsync(next);
        Assert.Equal(200, (await server.ResultAsync(next)).Status);
    }

    [Fact]
    public async Task An_upload_of_ours_has_the_limits_of_every_other_file()
    {
        await using var server = await TestServer.StartAsync();
        server.Engine.Fetcher.MostBytes = 30;
        var started = (await server.PostAsync("/storage/upload/initiate", new { content_type = "video/mp4", file_name = "a.mp4" })).Json;
        Assert.Equal(200, (await server.SendAsync(HttpMethod.Put, started.GetProperty("upload_url").GetString()!, new ByteArrayContent(new byte[31]))).Status);
        var id = await server.SubmitAsync(("video_url", started.GetProperty("file_url").GetString()));
        await server.WaitForAsync(id);
        var refused = await server.ResultAsync(id);
        Assert.Equal((422, FetchException.FileTooLarge), (refused.Status, refused.Detail.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_message_that_quotes_megabytes_is_short_in_log_status_and_result()
    {
        await using var server = await TestServer.StartAsync();
        var id = await server.SubmitAsync(("prompt", "[quote]"));
        var status = (await server.WaitForAsync(id)).GetRawText();
        Assert.Contains("[...]", status, StringComparison.Ordinal);
        Assert.InRange(status.Length, 1, 20_000);
        var result = await server.ResultAsync(id);
        Assert.Equal(422, result.Status);
        Assert.InRange(result.Body.Length, 1, 20_000);
    }

    [Fact]
    public async Task A_finished_request_with_a_distant_deadline_is_forgotten()
    {
        await using var server = await TestServer.StartAsync();
        var seen = await FinishAsync(server);
        for (var i = 0; i < 20 && seen.TryGetTarget(out _); i++)
        {
            await server.WaitForAsync(await server.SubmitAsync()); // the loops' own last look at it goes
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(seen.TryGetTarget(out _));
    }

    [Fact]
    public async Task A_run_that_goes_on_when_the_server_leaves_it_is_no_failure_of_the_server()
    {
        HeardLog log = new();
        Stubborn runner = new();
        var server = await TestServer.StartAsync(o => (o.Queue.DrainSeconds, o.Telemetry.LogLevel) = (0, LogLevel.Information), register: (services, _) =>
        {
            services.AddSingleton<IInpaintRunner>(runner);
            services.AddSingleton<ILoggerProvider>(log);
        });
        var id = await server.SubmitAsync();
        await server.WaitForAsync(id, "IN_PROGRESS");
        await runner.Began.Task;
        await server.LeaveAsync(TimeSpan.FromSeconds(1));
        runner.End.SetResult();
        await Task.Delay(500); // what could still go wrong comes at once
        Assert.DoesNotContain(log.Lines, l => l.Level == LogLevel.Critical);
        Assert.Contains(log.Lines, l => l.Text.Contains("A run did not end in time", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stalled_sender_and_a_reader_that_never_reads_make_no_stop_wait()
    {
        var server = await TestServer.StartAsync(o => o.Queue.DrainSeconds = 3000);
        var id = await server.SubmitAsync(("prompt", "[size=50000000]"));
        await server.WaitForAsync(id);
        var file = new Uri((await server.ResultAsync(id)).Json.GetProperty("video").GetProperty("url").GetString()!).AbsolutePath;
        var upload = new Uri((await server.PostAsync("/storage/upload/initiate", new { content_type = "video/mp4", file_name = "a" })).Json.GetProperty("upload_url").GetString()!).PathAndQuery;
        using var sender = await RawCall.BeginAsync(server, $"PUT {upload} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nabc");
        using var reader = await RawCall.BeginAsync(server, $"GET {file} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        for (var deadline = DateTime.UtcNow.AddMinutes(3); Directory.GetFiles(Path.Combine(server.Options.Server.Data, "parts"), "*", SearchOption.AllDirectories).Length == 0; await Task.Delay(10))
        {
            Assert.True(DateTime.UtcNow < deadline, "The upload does not begin.");
        }

        await server.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(10)); // the host itself would wait for 50
    }

    /// <summary>Apart, so that nothing on this side keeps the request.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference<LiveRequest>> FinishAsync(TestServer server)
    {
        server.Engine.FourthStep = new Gate();
        var submit = await server.PostAsync(TestServer.Submit, TestServer.Input(), ("X-Fal-Request-Timeout", "31536000"));
        var id = submit.Json.GetProperty("request_id").GetString()!;
        WeakReference<LiveRequest> seen = new(server.Queue.FindLive(id)!);
        server.Engine.FourthStep.Open();
        await server.WaitForAsync(id);
        server.Engine.FourthStep = null;
        return seen;
    }

    /// <summary>Hears of no cancellation.</summary>
    private sealed class Stubborn : IInpaintRunner
    {
        public TaskCompletionSource Began { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IReadOnlyList<DeviceMemory> Memory => [];

        public Task LoadAsync(int worker, IProgress<LoadStatus> progress, CancellationToken ct) => Task.CompletedTask;

        public void Prepare(IReadOnlyList<FetchedFile> loras)
        {
        }

        public async Task<RunResult> RunAsync(RunJob job, IProgress<RunProgress> progress, CancellationToken ct)
        {
            Began.TrySetResult();
            await End.Task;
            throw new InvalidOperationException("It has ended after all.");
        }
    }
}
