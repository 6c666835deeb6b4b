using System.Text.Json;
using Ltx.Server.Commands;
using Ltx.Server.Configuration;
using Ltx.Server.Media;
using Ltx.Server.Tests.Support;
using Ltx.Video;

namespace Ltx.Server.Tests.Media;

/// <summary>The server with the real engine and the miniature model behind it.</summary>
[Collection("alone")]
public class PipelineRunnerTests
{
    private static readonly string Scene = Path.Combine(ModelLocator.Home, "tests", "scenes", "03");
    private static readonly string Lora = Path.Combine(ModelLocator.Home, "models", "miniature", "loras", "magenta.safetensors");

    [Fact]
    public async Task A_request_gives_a_video_and_tells_how_it_came_about()
    {
        await using var server = await StartAsync();
        var id = await SubmitAsync(server, ("num_inference_steps", 8), ("seed", 5), ("loras", new[] { new { path = DataUri(Lora, "application/octet-stream"), scale = 0.5, transformer = "stage_1" } }));
        List<JsonElement> seen = [];
        JsonElement status;
        do
        {
            await Task.Delay(50);
            status = (await server.GetAsync($"/queue{TestServer.App}/requests/{id}/status?logs=1")).Json;
            if (status.TryGetProperty("progress", out var progress)) seen.Add(progress);
        }
        while (status.GetProperty("status").GetString() != "COMPLETED");

        var result = await server.ResultAsync(id);
        Assert.Equal(200, result.Status);
        Assert.Equal((5, "a green square"), (result.Json.GetProperty("seed").GetInt32(), result.Json.GetProperty("prompt").GetString()));
        var fractions = seen.ConvertAll(progress => progress.GetProperty("fraction").GetDouble());
        Assert.Equal(fractions.Order(), fractions);
        Assert.Contains(seen, progress => progress.GetProperty("stage").GetString() == "stage 1" && progress.GetProperty("steps").GetInt32() == 8);
        string[] lines = [.. status.GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString()!)];
        Assert.Contains(lines, line => line.StartsWith("LoRA ", StringComparison.Ordinal) && line.Contains("modules matched", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("Stage 1: step 8 of 8 (", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("does not expand prompts", StringComparison.Ordinal));

        using TempFolder folder = new();
        var file = Path.Combine(folder.Path, "result.mp4");
        await File.WriteAllBytesAsync(file, await server.Client.GetByteArrayAsync(new Uri(result.Json.GetProperty("video").GetProperty("url").GetString()!)));
        var made = await MediaProbe.ProbeAsync(file);
        Assert.Equal((384, 256, 9L), (made.Width, made.Height, made.FrameCountEstimate));
    }

    [Fact]
    public async Task What_the_files_are_at_fault_for_is_told_at_their_fields()
    {
        await using var server = await StartAsync();
        var text = "data:video/mp4;base64," + Convert.ToBase64String("no video"u8);
        foreach (var (field, value, type, location) in new (string, object, string, string)[]
        {
            ("video_url", text, "unsupported_video_format", "[\"body\",\"video_url\"]"),
            ("mask_video_url", text, "unsupported_video_format", "[\"body\",\"mask_video_url\"]"),
            ("loras", new[] { new { path = DataUri(Path.Combine(ModelLocator.Home, "models", "miniature", "ltx-2.3-miniature-spatial-upscaler-x2.safetensors"), "application/octet-stream") } }, "value_error", "[\"body\",\"loras\",0,\"path\"]"),
        })
        {
            var id = await SubmitAsync(server, (field, value));
            await server.WaitForAsync(id);
            var answer = await server.ResultAsync(id);
            Assert.Equal(422, answer.Status);
            Assert.Equal((type, location), (answer.Detail.GetProperty("type").GetString(), answer.Detail.GetProperty("loc").GetRawText()));
            Assert.DoesNotContain(server.Options.Server.Data, answer.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_cancelled_run_makes_room_for_the_next_one()
    {
        await using var server = await StartAsync();
        var cancelled = await SubmitAsync(server, ("num_inference_steps", 30), ("num_frames", 25));
        for (; ; await Task.Delay(20))
        {
            var status = (await server.GetAsync($"/queue{TestServer.App}/requests/{cancelled}/status")).Json;
            Assert.NotEqual("COMPLETED", status.GetProperty("status").GetString());
            if (status.TryGetProperty("progress", out var progress) && progress.GetProperty("stage").GetString() == "stage 1") break;
        }
        var next = await SubmitAsync(server, ("num_inference_steps", 8));
        Assert.Equal(202, (await server.CancelAsync(cancelled)).Status);
        var ended = await server.WaitForAsync(cancelled);
        var last = ended.GetProperty("logs").EnumerateArray().Select(line => line.GetProperty("message").GetString()!).ToList();
        Assert.DoesNotContain(last, line => line.StartsWith("Upsampling", StringComparison.Ordinal));
        await server.WaitForAsync(next);
        Assert.Equal(200, (await server.ResultAsync(next)).Status);
    }

    private static Task<TestServer> StartAsync() => TestServer.StartAsync(register: (services, options) => ServeCommand.AddEngine(services, ConfigurationSources.Build(null, []), options));

    private static async Task<string> SubmitAsync(TestServer server, params (string Name, object? Value)[] changes)
    {
        Dictionary<string, object?> input = new()
        {
            ["prompt"] = "a green square",
            ["video_url"] = DataUri(Path.Combine(Scene, "source.mp4"), "video/mp4"),
            ["mask_video_url"] = DataUri(Path.Combine(Scene, "mask.mp4"), "video/mp4"),
            ["num_frames"] = 9,
            ["loras"] = Array.Empty<object>(),
        };
        foreach (var (name, value) in changes) input[name] = value;
        var answer = await server.PostAsync(TestServer.Submit, input);
        Assert.Equal(200, answer.Status);
        return answer.Json.GetProperty("request_id").GetString()!;
    }

    private static string DataUri(string file, string type) => $"data:{type};base64,{Convert.ToBase64String(File.ReadAllBytes(file))}";
}
