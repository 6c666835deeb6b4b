using System.Text.Json;
using Ltx.Server.Configuration;
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
    public async Task A_source_beyond_the_operators_limits_is_refused_with_the_bound_and_one_within_them_is_not()
    {
        const int Width = MatrixClips.Width, Height = MatrixClips.Height, Frames = MatrixClips.Frames, Pixels = Width * Height;
        // The source's planes are three halves of a byte a pixel, its mask one byte.
        const double Gigabytes = Frames * Pixels * 2.5 / 1e9;
        LimitsOptions limits = real.Server.Options.Limits;
        (long Pixels, double Gigabytes) before = (limits.MaxSourcePixels, limits.MaxFrameGigabytes);
        try
        {
            foreach ((long pixels, double gigabytes, string sentence) in new[]
            {
                (Pixels - 1, Gigabytes, $"is {Width}x{Height} pixels, and at most {Pixels - 1} pixels a frame are allowed"),
                (Pixels, Gigabytes * 0.999, $"is {Width}x{Height} pixels, of which {Frames} frames take "),
            })
            {
                (limits.MaxSourcePixels, limits.MaxFrameGigabytes) = (pixels, gigabytes);
                Answer refused = (await real.SendAsync()).Answer;
                Assert.Equal(422, refused.Status);
                Assert.Equal(("image_too_large", "[\"body\",\"video_url\"]"), (refused.Detail.GetProperty("type").GetString(), refused.Detail.GetProperty("loc").GetRawText()));
                int side = (int)Math.Sqrt(pixels);
                Assert.Equal($$"""{"max_height":{{side}},"max_width":{{side}}}""", refused.Detail.GetProperty("ctx").GetRawText());
                Assert.Contains(sentence, refused.Detail.GetProperty("msg").GetString(), StringComparison.Ordinal);
            }
            (limits.MaxSourcePixels, limits.MaxFrameGigabytes) = (Pixels, Gigabytes);
            Assert.Equal(200, (await real.SendAsync(("mask_video_url", RealServer.Url(real.Clips.Black)))).Answer.Status);
        }
        finally
        {
            (limits.MaxSourcePixels, limits.MaxFrameGigabytes) = before;
        }
    }

    [Fact]
    public async Task A_cancelled_run_makes_room_for_the_next_one()
    {
        // Far more to do than anybody takes to cancel it.
        var server = real.Server;
        var cancelled = await real.SubmitAsync(("num_frames", 48), ("num_inference_steps", 30), ("guidance_scale", 20));
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
