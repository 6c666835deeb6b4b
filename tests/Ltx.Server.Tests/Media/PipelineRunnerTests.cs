using System.Text.Json;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Matrix;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Media;

/// <summary>The server with the real engine and the miniature model behind it: what it tells while it works. Files at fault are FileErrorTests'.</summary>
[Collection(MatrixTests.Name)]
public class PipelineRunnerTests(RealServer real)
{
    [Fact]
    public async Task A_request_gives_a_video_and_tells_how_it_came_about()
    {
        var id = await real.SubmitAsync(("prompt", "a green square"), ("seed", 5), ("loras", new[] { new { path = DataUri(Repository.MagentaLora), scale = 0.5, transformer = "stage_1" } }));
        List<JsonElement> seen = [];
        JsonElement status;
        do
        {
            await Task.Delay(5);
            status = (await real.Server.GetAsync($"/queue{TestServer.App}/requests/{id}/status?logs=1")).Json;
            if (status.TryGetProperty("progress", out var progress)) seen.Add(progress);
        }
        while (status.GetProperty("status").GetString() != "COMPLETED");

        var result = await real.Server.ResultAsync(id);
        Assert.Equal(200, result.Status);
        Assert.Equal((5, "a green square"), (result.Json.GetProperty("seed").GetInt32(), result.Json.GetProperty("prompt").GetString()));
        var fractions = seen.ConvertAll(progress => progress.GetProperty("fraction").GetDouble());
        Assert.Equal(fractions.Order(), fractions);
        Assert.All(seen.Where(progress => progress.GetProperty("stage").GetString() == "stage 1"), progress => Assert.Equal(8, progress.GetProperty("steps").GetInt32()));
        string[] lines = RealServer.Lines(status);
        Assert.Contains(lines, line => line.StartsWith("LoRA ", StringComparison.Ordinal) && line.Contains("modules matched", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("Stage 1: step 8 of 8 (", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("does not expand prompts", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_run_makes_room_for_the_next_one()
    {
        // Far more to do than anybody takes to cancel it.
        var server = real.Server;
        var cancelled = await real.SubmitAsync(
            ("video_url", RealServer.Url(real.Clips.Long)), ("mask_video_url", RealServer.Url(real.Clips.Small)), ("num_frames", 481), ("num_inference_steps", 30), ("guidance_scale", 20));
        for (; ; await Task.Delay(5))
        {
            var status = (await server.GetAsync($"/queue{TestServer.App}/requests/{cancelled}/status")).Json;
            Assert.NotEqual("COMPLETED", status.GetProperty("status").GetString());
            if (status.TryGetProperty("progress", out var progress) && progress.GetProperty("stage").GetString() == "stage 1") break;
        }
        var next = await real.SubmitAsync(("seed", 6));
        Assert.Equal(202, (await server.CancelAsync(cancelled)).Status);
        Assert.DoesNotContain(RealServer.Lines(await server.WaitForAsync(cancelled)), line => line.StartsWith("Upsampling", StringComparison.Ordinal));
        await server.WaitForAsync(next);
        Assert.Equal(200, (await server.ResultAsync(next)).Status);
    }

    private static string DataUri(string file) => $"data:application/octet-stream;base64,{Convert.ToBase64String(File.ReadAllBytes(file))}";
}
