using Ltx.Inference.Generation;
using Ltx.Server.Media;
using Ltx.Server.Queue;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Support;
using Ltx.Video;

namespace Ltx.Server.Tests.Matrix;

/// <summary>
/// Each field that is to steer the clip is what the engine is asked for. What a field changes then, and where, is the engine's
/// (PipelineRequestTests), and what of the clip is the encoder's is VideoWriterTests'.
/// </summary>
[Collection(MatrixTests.Name)]
public sealed class FieldChangeTests(RealServer real)
{
    [Fact]
    public async Task Every_field_goes_through_the_queue_to_the_engine()
    {
        // Nothing is the default, and no two numbers are the same.
        await using TestServer server = await TestServer.StartAsync();
        string id = await server.SubmitAsync(
            ("prompt", "a blue square"), ("negative_prompt", "a green triangle"), ("video_strength", 0.5), ("num_frames", 10), ("frames_per_second", 12.5), ("num_inference_steps", 9), ("guidance_scale", 3),
            ("generate_audio", false), ("seed", 1235), ("enable_prompt_expansion", false), ("video_quality", "low"), ("video_write_mode", "small"),
            ("loras", new object[] { Lora("a", 0.5, "low"), Lora("b", 2, "stage_1"), Lora("c", -1, "both") }));
        await server.WaitForAsync(id);
        RunJob job = Assert.Single(server.Engine.Runner.Jobs);

        ClipJob clip = Assert.IsType<PipelineRunner>(real.Server.Service<IInpaintRunner>()).Clip(job, "out.mp4", isChecked: false);

        GenerationParameters expected = new("a blue square")
        {
            NegativePrompt = "a green triangle", VideoStrength = 0.5, Steps = 9, GuidanceScale = 3, GenerateAudio = false, Seed = 1235, ExpandPrompt = false,
        };
        Assert.Equal(expected, clip.Parameters with { Loras = expected.Loras });
        Assert.Equal([(0.5, LoraStages.Stage2), (2, LoraStages.Stage1), (-1, LoraStages.Both)], clip.Parameters.Loras.Select(lora => (lora.Scale, lora.Stages)));
        Assert.Equal(job.Loras.Select(file => file.Path), clip.Parameters.Loras.Select(lora => lora.Path));
        Assert.Equal(
            (job.Video.Path, job.Mask.Path, "out.mp4", 10, 12.5, VideoQuality.Low, WriteMode.Small),
            (clip.Video, clip.Mask, clip.Output, clip.Frames, clip.FramesPerSecond, clip.Quality, clip.WriteMode));
    }

    [Fact]
    public async Task All_of_them_make_another_clip()
    {
        MadeClip plain = await real.RunAsync(), other = await real.RunAsync(
            ("prompt", "a blue square"), ("negative_prompt", "a green triangle"), ("video_strength", 0.5), ("guidance_scale", 3), ("seed", 1235),
            ("loras", new[] { new { path = RealServer.Url(Repository.MagentaLora), scale = 0.5, transformer = "stage_1" } }));
        Assert.NotEqual(await File.ReadAllBytesAsync(plain.File, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(other.File, TestContext.Current.CancellationToken));
    }

    private static object Lora(string name, double scale, string transformer) => new { path = $"https://example.com/{name}.safetensors", scale, transformer };
}
