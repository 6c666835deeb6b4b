using Ltx.Server.Tests.Commands;

namespace Ltx.Server.Tests.Matrix;

/// <summary>Every field of the endpoint at its edges, on the finished file. Fields that do not meddle with each other share a request.</summary>
[Collection(MatrixTests.Name)]
public sealed class FieldEdgeTests(RealServer real, ITestOutputHelper output)
{
    private const string AnyScript = "ein roter Kreis, 赤い円, دائرة حمراء, \U0001F534\0\u202e";

    private static readonly string LongPrompt = string.Concat(Enumerable.Repeat("a red disc ", 909)) + "!";

    /// <summary>What is sent, and what the result is then.</summary>
    internal sealed record Row(params (string Field, object? Value)[] Fields)
    {
        public int Width { get; init; } = MatrixClips.Width;

        public int Height { get; init; } = MatrixClips.Height;

        public int Frames { get; init; } = MatrixClips.Frames;

        public string Rate { get; init; } = "24/1";

        public bool Sound { get; init; } = true;

        /// <summary>Whether the source has sound.</summary>
        public bool Heard { get; init; } = true;

        public Func<MatrixClips, string> Source { get; init; } = clips => clips.Source;

        public Func<MatrixClips, string> Mask { get; init; } = clips => clips.Mask;

        public string Prompt { get; init; } = RealServer.Prompt;

        public long Seed { get; init; } = RealServer.Seed;
    }

    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["the least of everything"] = new(
            ("prompt", ""), ("negative_prompt", ""), ("video_strength", 0), ("num_frames", 9), ("frames_per_second", 1), ("num_inference_steps", 8), ("guidance_scale", 1), ("seed", long.MinValue),
            ("enable_prompt_expansion", false), ("loras", new[] { Lora(-4, "both") }))
        {
            Prompt = "", Seed = long.MinValue, Rate = "1/1", Source = clips => clips.Make("slow.mov", MatrixClips.Width, MatrixClips.Height, "2", 20, MatrixClips.Sound(48000)),
        },
        ["the most of everything but rate and frames"] = new(
            ("prompt", LongPrompt), ("negative_prompt", LongPrompt), ("video_strength", 1), ("num_inference_steps", 30), ("guidance_scale", 20),
            ("seed", long.MaxValue), ("loras", new[] { Lora(4, "both"), Lora(0.3, "high"), Lora(0.3, "low") }))
        {
            Prompt = LongPrompt, Seed = long.MaxValue, Width = 64, Height = 64, Source = clips => clips.Long, Mask = clips => clips.Small,
        },
        ["the most frames"] = new(("num_frames", 481)) { Frames = 481, Width = 64, Height = 64, Source = clips => clips.Long, Mask = clips => clips.Small },
        ["everything left out, and the source is shorter than the default"] = new(
            ("num_frames", null), ("frames_per_second", null), ("num_inference_steps", null), ("enable_safety_checker", null), ("loras", new[] { new { path = RealServer.Url(Repository.MagentaLora) } }))
        {
            Frames = 12, Width = 64, Height = 64, Source = clips => clips.Short, Mask = clips => clips.Small,
        },
        ["any script, frames that are not 8k+1, the rate of NTSC, three LoRAs"] = new(
            ("prompt", AnyScript), ("num_frames", 10), ("frames_per_second", 23.976), ("seed", 0L), ("loras", new[] { Lora(0.3, "both"), Lora(0.3, "stage_1"), Lora(0.3, "stage_2") }))
        {
            Prompt = AnyScript, Frames = 10, Rate = "24000/1001", Seed = 0, Width = 64, Height = 64, Source = clips => clips.Short, Mask = clips => clips.Small,
        },
        ["a single frame at 60, guided with an empty negative prompt"] = new(("frames_per_second", 60), ("guidance_scale", 3), ("negative_prompt", ""))
        {
            Rate = "60/1", Frames = 1, Heard = false, Source = clips => clips.Make("single.mov", MatrixClips.Width, MatrixClips.Height, "60", 1),
        },
        ["sound wanted, and the source has none"] = new(("generate_audio", true)) { Heard = false, Source = clips => clips.Silent },
        ["no sound wanted, and the source has some"] = new(("generate_audio", false)) { Sound = false, Mask = clips => clips.Black },
        ["no sound wanted, and the source has none"] = new(("generate_audio", false)) { Sound = false, Source = clips => clips.Silent, Mask = clips => clips.Black },
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_finished_file_is_what_the_fields_say(string name)
    {
        Row row = Rows[name];
        string source = row.Source(real.Clips), mask = row.Mask(real.Clips);
        MadeClip made = await real.RunAsync([("video_url", RealServer.Url(source)), ("mask_video_url", RealServer.Url(mask)), .. row.Fields]);

        made.HasShape(row.Width, row.Height, row.Frames, row.Rate, row.Sound);
        output.WriteLine($"{await made.KeepsAsync(source, mask):0.00} dB beyond mask and feather");
        if (row.Sound && row.Heard) await made.SoundsLikeAsync(source);
        Assert.Equal((row.Prompt, row.Seed), (made.Prompt, made.Seed));
    }

    [Fact]
    public async Task A_seed_that_is_drawn_is_told_and_gives_the_same_bytes_again()
    {
        // That another seed makes another clip: PipelineRequestTests.
        MadeClip first = await real.RunAsync(("seed", null)), other = await real.RunAsync(("seed", null), ("mask_video_url", RealServer.Url(real.Clips.Black)));
        Assert.InRange(first.Seed, 0, int.MaxValue);
        Assert.NotEqual(first.Seed, other.Seed);

        MadeClip again = await real.RunAsync(("seed", first.Seed));

        Assert.Equal(first.Seed, again.Seed);
        Assert.Equal(await File.ReadAllBytesAsync(first.File), await File.ReadAllBytesAsync(again.File));
    }

    [Fact]
    public async Task Sync_mode_brings_the_same_file_inside_the_result()
    {
        (string, object?) black = ("mask_video_url", RealServer.Url(real.Clips.Black));
        MadeClip plain = await real.RunAsync(black), inline = await real.RunAsync(black, ("sync_mode", true));
        Assert.StartsWith("http://", plain.Url, StringComparison.Ordinal);
        Assert.StartsWith("data:video/mp4;base64,", inline.Url, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(plain.File), await File.ReadAllBytesAsync(inline.File));
    }

    private static object Lora(double scale, string transformer) => new { path = RealServer.Url(Repository.MagentaLora), scale, transformer };
}
