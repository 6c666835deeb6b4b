using System.Text;
using System.Text.Json;
using Ltx.Server.Configuration;
using Ltx.Server.Files;
using Ltx.Server.Queue;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Ltx.Server.Tests.Training;

/// <summary>Trainings in the queue: beside clips, through stops and starts, and to whatever end.</summary>
[Fast]
public class TrainingQueueTests
{
    private const string NoMask = "The clip has no mask.", TooShort = "It has 5 frames, and 89 are needed.";

    private static readonly byte[] DataSet = Encoding.UTF8.GetBytes("https://example.com/data.zip");

    [Fact]
    public async Task Clips_are_made_while_a_training_runs_and_trainings_wait_for_trainings()
    {
        await using var server = await TestServer.StartAsync(o => o.Queue.MaxWaiting = 2, Held());
        var training = await server.TrainAsync();
        await server.Engine.FourthTrainingStep!.Reached;
        var clip = await server.SubmitAsync();
        await server.WaitForAsync(clip);
        Assert.Equal(202, (await server.GetAsync($"{TestServer.Train}/requests/{training}/status")).Status);

        // Nobody is in front of a clip, and one training in front of the third.
        var second = await server.TrainAsync();
        Assert.Equal(200, (await server.PostAsync(TestServer.Submit + "?fal_max_queue_length=0", TestServer.Input())).Status);
        var third = await server.PostAsync(TestServer.Train, TestServer.TrainingInput());
        Assert.Equal(1, third.Json.GetProperty("queue_position").GetInt32());
        Assert.Equal(429, (await server.PostAsync(TestServer.Train + "?fal_max_queue_length=0", TestServer.TrainingInput())).Status);
        Assert.Equal(429, (await server.PostAsync(TestServer.Submit, TestServer.Input())).Status); // all may have two that wait
        server.Engine.FourthTrainingStep.Open();
        foreach (var id in new[] { training, second, third.Json.GetProperty("request_id").GetString()! })
        {
            await server.WaitForAsync(id);
            Assert.Equal(200, (await server.ResultAsync(id)).Status);
        }
    }

    [Fact]
    public async Task A_cancel_ends_a_training_and_removes_its_folder()
    {
        await using var server = await TestServer.StartAsync(engine: Held());
        var running = await server.TrainAsync();
        var waiting = await server.TrainAsync();
        await server.Engine.FourthTrainingStep!.Reached;
        Assert.NotEmpty(Directory.EnumerateFiles(server.Options.Server.Data + "/trainings", "*", SearchOption.AllDirectories));
        foreach (var id in new[] { waiting, running })
        {
            Assert.Equal(202, (await server.CancelAsync(id)).Status);
            Assert.Equal("client_cancelled", (await server.WaitForAsync(id)).GetProperty("error_type").GetString());
        }

        Assert.Empty(Left(server));
        Assert.False(server.Engine.Trainer.Jobs.Single().ComesBack());
        Assert.Empty(server.Engine.Fetcher.Held);
    }

    [Fact]
    public async Task A_failure_keeps_nothing_but_its_sentence()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (word, status, type, place, sentence) in new[]
        {
            ("data", 422, "value_error", "body.training_data_url", $"No clip of the data set can be used: \"a.mp4\": {NoMask} \"b.mp4\": {TooShort}"),
            ("nothing", 422, "value_error", "body.training_data_url", "The archive is no zip file, or one that is damaged or cut off."),
            ("field", 422, "unsupported_video_format", "body.validation.0.video_url", "The source has no frames."),
            ("plan", 422, "value_error", "body", "960x544x89 does not fit: 41 GB are needed, and there are 24."),
            ("model", 500, "internal_server_error", "body", "The video encoder gave numbers that are not finite."),
            ("throw", 500, "internal_server_error", "body", "Internal server error"),
        })
        {
            var id = await server.TrainAsync(("trigger_phrase", $"[{word}]"));
            var ended = await server.WaitForAsync(id);
            var result = await server.ResultAsync(id);
            var detail = result.Detail;
            Assert.Equal((status, type, sentence), (result.Status, detail.GetProperty("type").GetString(), detail.GetProperty("msg").GetString()));
            Assert.Equal(place, string.Join('.', detail.GetProperty("loc").EnumerateArray()));
            Assert.Equal(
                word == "data" ? $$"""{"unused":[{"file":"a.mp4","reason":"{{NoMask}}"},{"file":"b.mp4","reason":"{{TooShort}}"}]}""" : null,
                detail.TryGetProperty("ctx", out var context) ? context.GetRawText() : null);
            Assert.Equal(status == 422, ended.GetProperty("logs").EnumerateArray().Any(line => line.GetProperty("message").GetString() == sentence));
            Assert.Empty(Left(server));
            Assert.Empty(server.Engine.Fetcher.Held);
        }
    }

    [Fact]
    public async Task A_data_set_that_cannot_be_fetched_is_named()
    {
        await using var server = await TestServer.StartAsync();
        var id = await server.TrainAsync(("training_data_url", "https://missing/data.zip"));
        await server.WaitForAsync(id);
        var detail = (await server.ResultAsync(id)).Detail;
        Assert.Equal("file_download_error", detail.GetProperty("type").GetString());
        Assert.Equal("""["body","training_data_url"]""", detail.GetProperty("loc").GetRawText());
        Assert.Empty(Left(server));
    }

    [Fact]
    public async Task A_server_that_does_not_train_says_so()
    {
        using TempFolder data = new();
        await using (var server = await TestServer.StartAsync(o => o.Training.Enabled = false, data: data.Path))
        {
            var refused = await server.PostAsync(TestServer.Train, TestServer.TrainingInput());
            Assert.Equal((422, "feature_not_supported"), (refused.Status, refused.Detail.GetProperty("type").GetString()));
            Assert.Contains("Training:Enabled", refused.Detail.GetProperty("msg").GetString(), StringComparison.Ordinal);
            await server.WaitForAsync(await server.SubmitAsync());
        }

        // One that has waited since other settings.
        string id;
        await using (var server = await TestServer.StartAsync(engine: Held(), data: data.Path))
        {
            id = await server.TrainAsync();
            await server.Engine.FourthTrainingStep!.Reached;
        }

        await using var next = await TestServer.StartAsync(o => o.Training.Enabled = false, data: data.Path);
        await next.WaitForAsync(id);
        Assert.Equal("feature_not_supported", (await next.ResultAsync(id)).Detail.GetProperty("type").GetString());
        Assert.Empty(Left(next));
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_a_training_and_the_next_start_goes_on_with_what_was_fetched()
    {
        using TempFolder data = new();
        string id;
        await using (var server = await TestServer.StartAsync(o => o.Queue.DrainSeconds = 3600, Held(), data.Path))
        {
            var clip = new { prompt = "p", video_url = "https://a/v", mask_url = "https://a/m" };
            id = await server.TrainAsync(("training_data_url", "https://once/data.zip"), ("validation", new[] { clip }));
            await server.Engine.FourthTrainingStep!.Reached;
        }

        // What was downloaded is not there any more; it need not be.
        await using var next = await TestServer.StartAsync(engine: new FakeEngine { SlowHost = new() }, data: data.Path);
        var ended = await next.WaitForAsync(id);
        Assert.Empty(next.Engine.Fetcher.Asked);
        var job = next.Engine.Trainer.Jobs.Single();
        Assert.Equal(1, job.Attempt); // a stop gives the attempt back
        Assert.Contains(ended.GetProperty("logs").EnumerateArray(), line => line.GetProperty("message").GetString() == "Goes on behind step 3.");
        // It has the origin of the server that took the request in.
        Uri url = new((await next.ResultAsync(id)).Json.GetProperty("lora_file").GetProperty("url").GetString()!);
        Assert.Equal(FakeTrainer.Lora(Encoding.UTF8.GetBytes("https://once/data.zip"), 100), await next.Client.GetByteArrayAsync(url.AbsolutePath));
        Assert.Empty(Left(next));
    }

    [Fact]
    public async Task Attempts_that_get_no_further_are_counted_and_those_that_do_are_not()
    {
        using TempFolder data = new();
        string id;
        await using (var server = await TestServer.StartAsync(engine: Held(), data: data.Path))
        {
            id = await server.TrainAsync();
            await server.Engine.FourthTrainingStep!.Reached;
        }

        var store = await StoredAsync(data, async store =>
        {
            foreach (var (gets, vain) in new[] { (true, 0), (false, 1), (false, 2), (true, 0), (false, 1), (false, 2), (false, 3) })
            {
                // As if the server had died in an attempt.
                await store.StartAsync(id, DateTimeOffset.UtcNow);
                if (gets)
                {
                    await store.ProveAsync(id);
                }

                Assert.Equal(vain, new LiveRequest(store.Find(id)!).AttemptsInVain);
                if (vain < 3)
                {
                    await store.RequeueAsync(id, countAttempt: true);
                }
            }
        });
        Assert.Equal((7, 4), (store.Attempts, store.Proven));

        await using var last = await TestServer.StartAsync(data: data.Path);
        Assert.Equal("runner_disconnected", (await last.WaitForAsync(id)).GetProperty("error_type").GetString());
        Assert.Empty(last.Engine.Trainer.Jobs);
        Assert.Empty(Left(last));
    }

    [Fact]
    public async Task The_storage_budget_counts_what_a_training_has()
    {
        await using var server = await TestServer.StartAsync(o => o.Files.MaxTotalBytes = 1000, Held());
        var id = await server.TrainAsync();
        await server.Engine.FourthTrainingStep!.Reached;
        var folders = server.Service<TrainingFolders>();
        Assert.Equal(DataSet.Length, folders.Bytes);
        File.WriteAllBytes(Path.Combine(server.Engine.Trainer.Jobs.Single().Folder, "latents"), new byte[2000]);
        Assert.Equal(2000 + DataSet.Length, folders.Bytes);
        var budget = server.Service<DiskBudget>();
        for (var deadline = DateTime.UtcNow.AddSeconds(60); budget.UsedBytes <= 2000; await Task.Delay(100))
        {
            Assert.True(DateTime.UtcNow < deadline, "What a training has is not counted."); // a look at the disk is a second old
        }

        Assert.Equal(507, (await server.PostAsync(TestServer.Submit, TestServer.Input())).Status);

        server.Engine.FourthTrainingStep.Open();
        await server.WaitForAsync(id);
        Assert.Equal(0, folders.Bytes);
    }

    [Fact]
    public async Task A_data_set_without_room_is_507()
    {
        await using var server = await TestServer.StartAsync(o => o.Files.MaxTotalBytes = 20);
        var id = await server.TrainAsync();
        await server.WaitForAsync(id);
        Assert.Equal(507, (await server.ResultAsync(id)).Status);
        Assert.Empty(Left(server));
        Assert.Empty(server.Engine.Fetcher.Held);
    }

    [Fact]
    public async Task What_was_made_stays_in_the_folder_until_the_end_is_on_disk()
    {
        await using var server = await TestServer.StartAsync();
        using TempFolder folder = new();
        var path = Path.Combine(folder.Path, "lora.safetensors");
        await File.WriteAllBytesAsync(path, DataSet);
        var files = server.Service<FileStore>();
        var shared = await files.ShareOutputAsync(Guid.NewGuid().ToString(), "", path, ContentTypes.Unknown, null);
        Assert.Equal(DataSet, await File.ReadAllBytesAsync(files.PathOf(shared.Id)));

        // As at the start after a crash in between.
        files.RemoveStrays();
        Assert.False(File.Exists(files.PathOf(shared.Id)));
        Assert.Equal(DataSet, await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task A_training_that_takes_too_long_has_timed_out()
    {
        await using var server = await TestServer.StartAsync(o => o.Training.TimeoutSeconds = 1, Held());
        var id = await server.TrainAsync();
        await server.WaitForAsync(id);
        var result = await server.ResultAsync(id);
        Assert.Equal((504, "generation_timeout"), (result.Status, result.Detail.GetProperty("type").GetString()));
        Assert.Empty(Left(server));
    }

    [Fact]
    public async Task Lines_are_told_at_most_every_ten_seconds_and_the_last_step_always()
    {
        ManualClock clock = new();
        await using var server = await TestServer.StartAsync(engine: Held(), register: (services, _) => services.AddSingleton<TimeProvider>(clock));
        var request = server.Queue.FindLive(await server.TrainAsync())!;
        await server.Engine.FourthTrainingStep!.Reached;
        var lines = Lines(100);
        Assert.Equal([11, 21, 31, 41, 51, 61, 71, 81, 91, 100], lines.Select(line => int.Parse(line["training ".Length..line.IndexOf('/')])));
        Assert.Equal("training 11/100, loss 0.5455 over 11 steps, 1.00 s each, 89 s left", lines[0]);
        Assert.Equal("training 100/100, loss 0.4444 over 9 steps, 1.00 s each, 0 s left", lines[^1]);

        // Of very many steps a thousandth is more than ten seconds.
        lines = Lines(20_000);
        Assert.Equal(1000, lines.Length);
        Assert.Equal("training 21/20000, loss 0.5238 over 21 steps, 1.00 s each, 5.5 h left", lines[0]);
        server.Engine.FourthTrainingStep.Open();

        string[] Lines(int steps)
        {
            TrainingLog log = new(server.Service<JobRecord>(), request, clock);
            var before = request.Logs().Count;
            for (var step = 1; step <= steps; step++)
            {
                clock.Move(TimeSpan.FromSeconds(1));
                log.Report(new TrainingProgress("training", step, steps, (double)step / steps) { Loss = step % 2, SecondsLeft = steps - step });
            }

            return [.. request.Logs(before).Select(line => line.Message)];
        }
    }

    private static FakeEngine Held() => new() { FourthTrainingStep = new() };

    private static IEnumerable<string> Left(TestServer server) =>
        Directory.EnumerateFileSystemEntries(Path.Combine(server.Options.Server.Data, "trainings"));

    private static async Task<StoredRequest> StoredAsync(TempFolder data, Func<RequestStore, Task> change)
    {
        using Ltx.Server.Storage.DataFolder folder = new(data.Path);
        using Ltx.Server.Storage.Database database = new(folder.DatabaseFile);
        RequestStore store = new(database, folder, Microsoft.Extensions.Logging.Abstractions.NullLogger<RequestStore>.Instance);
        await change(store);
        return store.Unfinished().Single();
    }
}
