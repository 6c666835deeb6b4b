using System.Text;
using System.Text.Json;
using Ltx.Server.Fal;
using Ltx.Server.Files;
using Ltx.Server.TestHost;
using Ltx.Server.Tests.Support;
using Ltx.Training;

namespace Ltx.Server.Tests.Training;

/// <summary>A trainer as fal's clients see it: the inpainting one whole, the others by what they differ in.</summary>
[Fast]
public class TrainerTests
{
    private const string App = "/queue/fal-ai/ltx23-trainer-v2";

    private static readonly byte[] DataSet = Encoding.UTF8.GetBytes("https://example.com/data.zip");

    [Fact]
    public async Task A_training_passes_the_three_states_and_gives_its_files()
    {
        await using var server = await TestServer.StartAsync(engine: new FakeEngine { FourthTrainingStep = new() });
        var submitted = await server.PostAsync(TestServer.Train, TestServer.TrainingInput(
            ("validation", new[] { Clip("a fox"), Clip("an owl") }), ("debug_dataset", true), ("rank", 8)));
        var id = submitted.Json.GetProperty("request_id").GetString()!;
        Assert.Equal(200, submitted.Status);
        Assert.Equal($"{server.Url}{App}/requests/{id}", submitted.Json.GetProperty("response_url").GetString());
        Assert.Equal($"{server.Url}{App}/requests/{id}/status", submitted.Json.GetProperty("status_url").GetString());
        Assert.Equal(("IN_QUEUE", 0), (submitted.Json.GetProperty("status").GetString(), submitted.Json.GetProperty("queue_position").GetInt32()));

        await server.Engine.FourthTrainingStep!.Reached;
        var running = await server.GetAsync($"{App}/inpaint/requests/{id}/status/?logs=1");
        Assert.Equal((202, "IN_PROGRESS"), (running.Status, running.Json.GetProperty("status").GetString()));
        Assert.Equal(
            """{"stage":"training","step":3,"steps":100,"fraction":0.03,"loss":0.3333333333333333,"seconds_left":0.1}""",
            running.Json.GetProperty("progress").GetRawText());
        Assert.Equal((400, "{\"detail\":\"Request is still in progress\"}"), Short(await server.ResultAsync(id)));
        server.Engine.FourthTrainingStep.Open();

        var done = await server.WaitForAsync(id);
        string?[] lines = [.. done.GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString())];
        Assert.Equal(["Begins."], lines.Where(line => line == "Begins."));
        Assert.Matches(@"^training 100/100, loss 0\.0519 over 100 steps, \d+\.\d\d s each, 0 s left$", lines[^2]);
        var result = await server.GetAsync($"{App}/requests/{id}");
        Assert.Equal((200, "100"), (result.Status, result.Header("x-fal-billable-units")));
        Assert.Equal(["lora_file", "config_file", "video", "debug_dataset"], result.Json.EnumerateObject().Select(field => field.Name));
        foreach (var (name, type, ending, content) in new[]
        {
            ("lora_file", "application/octet-stream", ".safetensors", FakeTrainer.Lora(DataSet, 100)),
            ("config_file", "application/json", ".json", "{\"rank\": 8}"u8.ToArray()),
            ("video", "video/mp4", ".mp4", "a fox\nan owl"u8.ToArray()),
            ("debug_dataset", "application/zip", ".zip", "PK"u8.ToArray()),
        })
        {
            var file = result.Json.GetProperty(name);
            Assert.Equal(["url", "content_type", "file_name", "file_size"], file.EnumerateObject().Select(field => field.Name));
            Assert.Equal((type, content.Length), (file.GetProperty("content_type").GetString(), file.GetProperty("file_size").GetInt32()));
            Assert.EndsWith(ending, file.GetProperty("url").GetString(), StringComparison.Ordinal);
            Assert.Equal(content, await server.Client.GetByteArrayAsync(file.GetProperty("url").GetString()));
        }

        var job = server.Engine.Trainer.Jobs.Single();
        Assert.Equal((id, 1, TrainingKind.Inpaint, 8), (job.RequestId, job.Attempt, job.Input.Kind, job.Input.Rank));
        var clip = job.Validation[1];
        Assert.Equal((2, true, true), (job.Validation.Count, clip.Video is not null, clip.Mask is not null));
        Assert.Equal((null, null), (clip.Reference, clip.Image));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(server.Options.Server.Data, "trainings")));
        Assert.Empty(server.Engine.Fetcher.Held);

        // Listed with the application's id, and deleted with all of its files.
        var listed = (await server.GetAsync("/requests")).Json.GetProperty("requests")[0];
        Assert.Equal("fal-ai/ltx23-trainer-v2/inpaint", listed.GetProperty("endpoint_id").GetString());
        Assert.Equal(["inputs", "training"], listed.GetProperty("timings").EnumerateObject().Select(stage => stage.Name));
        var deleted = await server.SendAsync(HttpMethod.Delete, $"/v1/models/requests/{id}/payloads", null);
        Assert.Equal(4, deleted.Json.GetProperty("cdn_delete_results").GetArrayLength());
        Assert.Empty(server.Service<FileStore>().OutputsOf(id));
    }

    [Fact]
    public async Task A_sync_run_a_stream_and_a_webhook_tell_the_same_result()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var server = await TestServer.StartAsync();
        var run = await server.PostAsync("/fal-ai/ltx23-v2v-trainer", TestServer.TrainingInput());
        Assert.Equal(200, run.Status);
        var url = run.Json.GetProperty("lora_file").GetProperty("url").GetString();
        Assert.Equal(FakeTrainer.Lora(DataSet, 100), await server.Client.GetByteArrayAsync(url));
        Assert.Equal(["lora_file", "config_file"], run.Json.EnumerateObject().Select(field => field.Name));

        var submitted = await server.PostAsync($"{TestServer.Train}?fal_webhook={Uri.EscapeDataString(receiver.Url)}", TestServer.TrainingInput());
        var id = submitted.Json.GetProperty("request_id").GetString()!;
        var stream = await server.GetAsync($"{App}/requests/{id}/status/stream?logs=1");
        Assert.Contains("\"status\":\"COMPLETED\"", stream.Body.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        var delivery = await receiver.WaitForAsync(d => d.RequestId == id);
        Assert.Equal("OK", delivery.Json.GetProperty("status").GetString());
        Assert.Equal((await server.ResultAsync(id)).Body, delivery.Json.GetProperty("payload").GetRawText());
    }

    [Fact]
    public async Task A_loras_url_goes_straight_into_an_inpainting_request()
    {
        await using var server = await TestServer.StartAsync();
        var training = await server.TrainAsync();
        await server.WaitForAsync(training);
        var url = (await server.ResultAsync(training)).Json.GetProperty("lora_file").GetProperty("url").GetString()!;
        await server.WaitForAsync(await server.SubmitAsync(("loras", new[] { new { path = url } })));
        var used = Assert.Single(server.Engine.Runner.Jobs.Single().Loras);
        Assert.Equal(FakeTrainer.Lora(DataSet, 100), File.ReadAllBytes(used.Path));
        Assert.DoesNotContain(url, server.Engine.Fetcher.Asked); // from our own disk, and not over the network
    }

    [Fact]
    public async Task Every_trainer_has_fals_names_and_defaults()
    {
        await using var server = await TestServer.StartAsync();
        foreach (var (id, kind, steps, rate, splits, firstFrame, more) in Trainers)
        {
            var input = TestServer.TrainingInput(("number_of_steps", null));
            foreach (var field in id.EndsWith("outpaint", StringComparison.Ordinal) ? new[] { ("crop_top_left", 32), ("crop_bottom_right", 64) } : [])
            {
                input[field.Item1] = new[] { field.Item2, 2 * field.Item2 };
            }

            var application = Applications.Of(id);
            var read = InputReader.Read(application, JsonSerializer.SerializeToElement(input));
            Assert.Empty(read.Problems);
            var made = (TrainingInput)read.Input!;
            Assert.Equal((kind, steps, splits, firstFrame), (made.Kind, made.NumberOfSteps, made.SplitInputIntoScenes, made.FirstFrameConditioningP));
            Assert.Equal((32, 2e-4, 89, rate), (made.Rank, made.LearningRate, made.NumberOfFrames, made.FrameRate));
            Assert.Equal(("medium", "1:1"), (made.Resolution, made.AspectRatio));
            Assert.Equal((89, rate), (made.ValidationNumberOfFrames, made.ValidationFrameRate));
            Assert.Equal(("high", "1:1", 1.0), (made.ValidationResolution, made.ValidationAspectRatio, made.StgScale));
            Assert.Equal((false, false, 30.0, ""), (made.AutoScaleInput, made.DebugDataset, made.SplitInputDurationThreshold, made.TriggerPhrase));
            Assert.StartsWith(rate == 25 ? "worst quality" : "blurry, out of focus", made.ValidationNegativePrompt, StringComparison.Ordinal);
            Assert.Equal(more.Split(' ', StringSplitOptions.RemoveEmptyEntries), application.Inputs.Select(field => field.Name).Except(Common));
            Assert.Equal(Common, application.Inputs.Select(field => field.Name).Intersect(Common));

            // Both documents, and the route that they name.
            foreach (var path in new[] { "/openapi.json", "/api/openapi/queue/openapi.json" })
            {
                var document = (await server.GetAsync($"{path}?endpoint_id={id}")).Json;
                Assert.Equal("training", document.GetProperty("info").GetProperty("x-fal-metadata").GetProperty("category").GetString());
                var schemas = document.GetProperty("components").GetProperty("schemas");
                var properties = schemas.GetProperty(application.TypeName + "Input").GetProperty("properties");
                Assert.Equal(application.Inputs.Select(field => field.Name), properties.EnumerateObject().Select(field => field.Name));
                var items = properties.GetProperty("validation").GetProperty("items").GetProperty("$ref").GetString()!.Split('/')[^1];
                Assert.Equal(
                    application.Inputs.Single(field => field.Name == "validation").Items!.Fields.Select(field => field.Name),
                    schemas.GetProperty(items).GetProperty("required").EnumerateArray().Select(name => name.GetString()));
                var output = schemas.GetProperty(application.TypeName + "Output");
                Assert.Equal(["lora_file", "config_file"], output.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
                Assert.True(document.GetProperty("paths").TryGetProperty($"/{id}", out _));
            }

            Assert.Equal(422, (await server.PostAsync($"/queue/{id}", new { })).Status);
            Assert.Equal((404, "{\"detail\":\"Path /nothing not found\"}"), Short(await server.GetAsync($"/queue/{application.App}/nothing")));
        }

        var offered = Applications.All.Where(application => application.Kind == JobKind.Training);
        Assert.Equal(Trainers.Select(trainer => trainer.Id), offered.Select(application => application.Id));
        var page = (await server.GetAsync("/docs/")).Body;
        Assert.All(Applications.All, application => Assert.Contains($"endpoint_id={application.Id}\"", page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_trainer_asks_for_a_key_under_its_own_name()
    {
        await using var server = await TestServer.StartAsync(Playground.TestKeys.Add);
        var answer = await server.PostAsync(TestServer.Train, TestServer.TrainingInput());
        var sentence = "Cannot access application \"fal-ai/ltx23-trainer-v2\". Authentication is required to access this application.";
        Assert.Equal((401, sentence), (answer.Status, answer.Json.GetProperty("detail").GetString()));
    }

    private static readonly string[] Common =
    [
        "training_data_url", "rank", "number_of_steps", "learning_rate", "number_of_frames", "frame_rate", "resolution", "aspect_ratio",
        "auto_scale_input", "split_input_into_scenes", "split_input_duration_threshold", "trigger_phrase", "debug_dataset", "validation",
        "validation_negative_prompt", "validation_number_of_frames", "validation_frame_rate", "validation_resolution", "validation_aspect_ratio", "stg_scale",
    ];

    /// <summary>Written apart from the schema on purpose, of the types of fal's JavaScript client (lora-training.md, A1.2 and A1.4).</summary>
    private static IEnumerable<(string Id, TrainingKind Kind, int Steps, int Rate, bool Splits, double FirstFrame, string More)> Trainers
    {
        get
        {
            const string v2 = "fal-ai/ltx23-trainer-v2/";
            const string factors = "first_frame_conditioning_p reference_downscale_factor reference_temporal_scale_factor";
            yield return (v2 + "inpaint", TrainingKind.Inpaint, 2000, 24, false, 0, "");
            yield return (v2 + "outpaint", TrainingKind.Outpaint, 2000, 24, true, 0, "crop_top_left crop_bottom_right");
            yield return (v2 + "v2v", TrainingKind.VideoToVideo, 3000, 24, true, 0.1, factors);
            yield return (v2 + "v2v-masked", TrainingKind.MaskedVideoToVideo, 3000, 24, false, 0, "");
            yield return (v2 + "ic-lora/v2v", TrainingKind.VideoToVideo, 3000, 24, true, 0.1, factors);
            yield return (v2 + "ic-lora/v2v-masked", TrainingKind.MaskedVideoToVideo, 3000, 24, false, 0, "");
            yield return (v2 + "t2v", TrainingKind.TextToVideo, 2000, 24, true, 0, "with_audio");
            yield return (v2 + "i2v", TrainingKind.ImageToVideo, 2000, 24, true, 0.5, "first_frame_conditioning_p with_audio");
            yield return ("fal-ai/ltx23-v2v-trainer", TrainingKind.VideoToVideo, 2000, 25, true, 0.1, "first_frame_conditioning_p");
        }
    }

    private static (int, string) Short(Answer answer) => (answer.Status, answer.Body);

    private static object Clip(string prompt) =>
        new { prompt, video_url = $"https://example.com/{prompt[^3..]}.mp4", mask_url = "https://example.com/mask.png" };
}
