using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Training;

/// <summary>The server trains a model of random weights, or in the long form the one that comes with the project, and is killed at it.</summary>
[Collection("alone")]
public class RealTrainingTests
{
    // Steps, those between two states, and the size that the words "low" and "1:1" stand for.
    private const int Steps = 100, Between = 20;
    private const string Size = "448x448";

    private static readonly (int Kills, string Model) Form = LongForm.IsOn ? (20, "miniature") : (3, Repository.GoldenModel);

    [Fact]
    public async Task A_training_that_is_killed_again_and_again_gives_the_LoRA_of_an_undisturbed_one_which_the_next_request_takes()
    {
        using TestFolder folder = new();
        var clips = folder.Folder("clips");
        foreach (var name in new[] { "one", "two" })
        {
            TestMedia.Video(folder, $"clips/{name}.mp4", 128, 128);
            TestMedia.Mask(folder, $"clips/{name}_mask.mp4", 128, 128);
        }

        var undisturbed = folder.Named("undisturbed");
        (await LtxInProcess.RunAsync(
            ["train", "--kind", "inpaint", "--data", clips, "--out", undisturbed, "--steps", $"{Steps}", "--rank", "8", "--frames", "1", "--fps", "24",
             "--resolution", Size, "--checkpoint-every", $"{Between}", "--model", Form.Model, "--device", "cpu"])).Succeeded();

        var zip = folder.Named("clips.zip");
        ZipFile.CreateFromDirectory(clips, zip);
        var id = "";
        // The first kills follow each other in one stretch between two states, for what is there then has been there before.
        for (var kill = 0; kill < Form.Kills; kill++)
        {
            using var server = Start(folder);
            await server.WaitUntilLiveAsync();
            if (kill == 0) id = await SubmitAsync(server, zip);
            await PassesAsync(server, id, Between * Math.Min(kill + 1, 4));
            server.Kill();
        }

        using var last = Start(folder);
        await last.WaitUntilLiveAsync();
        var status = await EndsAsync(last, TestServer.Train, id);
        var result = await last.Client.GetFromJsonAsync<JsonElement>($"{TestServer.Train}/requests/{id}");
        var url = result.GetProperty("lora_file").GetProperty("url").GetString()!;
        var learned = await last.Client.GetByteArrayAsync(new Uri(url).AbsolutePath);
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(undisturbed, "lora.safetensors"), TestContext.Current.CancellationToken), learned);

        // Each attempt went on from a state, and none began anew.
        int[] goneOnFrom = [.. status.GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString()!)
            .Where(line => line.StartsWith("Goes on from step", StringComparison.Ordinal)).Select(line => int.Parse(line.Split(' ')[4]))];
        Assert.Equal(Form.Kills, goneOnFrom.Length);
        Assert.All(goneOnFrom, step => Assert.True(step >= Between && step % Between == 0, $"{step}"));

        // And its address is what a request takes.
        var video = await UploadAsync(last, folder.Named("clips/one.mp4"), "video/mp4");
        var mask = await UploadAsync(last, folder.Named("clips/one_mask.mp4"), "video/mp4");
        var inpaint = await SubmitAsync(last, TestServer.Submit, new
        {
            prompt = "a red disc", video_url = video, mask_video_url = mask, num_frames = 9, num_inference_steps = 8, enable_prompt_expansion = false,
            loras = new[] { new { path = url } },
        });
        var done = await EndsAsync(last, "/queue" + TestServer.App, inpaint);
        Assert.Contains(done.GetProperty("logs").EnumerateArray(), line => line.GetProperty("message").GetString()!.Contains("modules matched", StringComparison.Ordinal));
    }

    private static HostProcess Start(TestFolder folder) =>
        HostProcess.StartReal(folder.Folder("data"), Form.Model, $"Training:CheckpointSteps={Between}");

    private static async Task<string> SubmitAsync(HostProcess server, string zip)
    {
        var data = await UploadAsync(server, zip, "application/zip");
        return await SubmitAsync(server, TestServer.Train, new
        {
            training_data_url = data, number_of_steps = Steps, rank = "8", number_of_frames = 1, frame_rate = 24, resolution = "low", aspect_ratio = "1:1",
        });
    }

    private static async Task<string> SubmitAsync(HostProcess server, string application, object input)
    {
        using var answer = await server.Client.PostAsJsonAsync(application, input);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(answer.IsSuccessStatusCode, body.ToString());
        return body.GetProperty("request_id").GetString()!;
    }

    private static async Task<string> UploadAsync(HostProcess server, string path, string type)
    {
        using var begun = await server.Client.PostAsJsonAsync("/storage/upload/initiate", new { content_type = type, file_name = Path.GetFileName(path) });
        var upload = await begun.Content.ReadFromJsonAsync<JsonElement>();
        using ByteArrayContent bytes = new(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        bytes.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var sent = await server.Client.PutAsync(new Uri(upload.GetProperty("upload_url").GetString()!), bytes);
        Assert.True(sent.IsSuccessStatusCode);
        return upload.GetProperty("file_url").GetString()!;
    }

    // Until it has gone beyond a state, and before it comes to the next one.
    private static async Task PassesAsync(HostProcess server, string id, int state)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(10); ; await Task.Delay(10))
        {
            var status = await server.Client.GetFromJsonAsync<JsonElement>($"{TestServer.Train}/requests/{id}/status?logs=1");
            Assert.NotEqual("COMPLETED", status.GetProperty("status").GetString());
            if (status.TryGetProperty("progress", out var progress) && progress.GetProperty("stage").GetString() == "training" && progress.GetProperty("step").GetInt32() > state) return;
            Assert.True(DateTime.UtcNow < deadline, $"It does not come to step {state}: {status}");
        }
    }

    private static async Task<JsonElement> EndsAsync(HostProcess server, string application, string id)
    {
        for (var deadline = DateTime.UtcNow.AddMinutes(10); ; await Task.Delay(100))
        {
            var status = await server.Client.GetFromJsonAsync<JsonElement>($"{application}/requests/{id}/status?logs=1");
            if (status.GetProperty("status").GetString() == "COMPLETED")
            {
                Assert.False(status.TryGetProperty("error", out var error), error.ToString());
                return status;
            }

            Assert.True(DateTime.UtcNow < deadline, $"It does not end: {status}");
        }
    }
}
