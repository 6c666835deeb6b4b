using Ltx.Server.Tests.Commands;

namespace Ltx.Server.Tests.Matrix;

/// <summary>Every field of the endpoint at its edges, on the finished file.</summary>
[Collection(MatrixTests.Name)]
public sealed class FieldEdgeTests(RealServer real, ITestOutputHelper output)
{
    private const long Seed = 1234;

    /// <summary>What is sent, and what the result is then.</summary>
    internal sealed record Row(string Field, object? Value)
    {
        public int Width { get; init; } = MatrixClips.Width;

        public int Height { get; init; } = MatrixClips.Height;

        public int Frames { get; init; } = MatrixClips.Frames;

        public string Rate { get; init; } = "24/1";

        public bool Sound { get; init; } = true;

        /// <summary>Other fields that the row needs.</summary>
        public (string, object?)[] With { get; init; } = [];

        public Func<MatrixClips, string> Source { get; init; } = clips => clips.Source;

        public Func<MatrixClips, string> Mask { get; init; } = clips => clips.Mask;

        public string Prompt => Field == "prompt" ? (string)Value! : "a red disc";
    }

    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["prompt: empty"] = new("prompt", ""),
        ["prompt: 10000 characters"] = new("prompt", string.Concat(Enumerable.Repeat("a red disc ", 909)) + "!"),
        ["prompt: any script"] = new("prompt", "ein roter Kreis, 赤い円, دائرة حمراء, \U0001F534\0\u202e"),
        ["video_strength: 0"] = new("video_strength", 0),
        ["video_strength: 1"] = new("video_strength", 1),
        ["num_frames: 9"] = new("num_frames", 9),
        ["num_frames: 10, which is not 8k+1"] = new("num_frames", 10) { Frames = 10 },
        ["num_frames: the default, and the source is shorter"] = new("num_frames", null) { Frames = 48 },
        ["num_frames: 481"] = new("num_frames", 481) { Frames = 481, Width = 64, Height = 64, Source = clips => clips.Make("long.mov", 64, 64, "24", 490, MatrixClips.Sound(48000)), Mask = clips => clips.Moving("small.mkv", 64, 64, "24", 9) },
        ["frames_per_second: 1"] = new("frames_per_second", 1) { Rate = "1/1", Frames = 9, Source = clips => clips.Make("slow.mov", MatrixClips.Width, MatrixClips.Height, "2", 20, MatrixClips.Sound(48000)) },
        ["frames_per_second: 60"] = new("frames_per_second", 60) { Rate = "60/1" },
        ["frames_per_second: 60 and a single frame"] = new("frames_per_second", 60) { Rate = "60/1", Frames = 1, Source = clips => clips.Make("single.mov", MatrixClips.Width, MatrixClips.Height, "60", 1) },
        ["frames_per_second: 23.976"] = new("frames_per_second", 23.976) { Rate = "24000/1001" },
        ["num_inference_steps: 8"] = new("num_inference_steps", 8),
        ["num_inference_steps: 30"] = new("num_inference_steps", 30),
        ["num_inference_steps: the default"] = new("num_inference_steps", null),
        ["guidance_scale: 1"] = new("guidance_scale", 1),
        ["guidance_scale: 20"] = new("guidance_scale", 20),
        ["generate_audio: true, and the source has sound"] = new("generate_audio", true),
        ["generate_audio: true, and the source has none"] = new("generate_audio", true) { Source = clips => clips.Make("silent.mov", MatrixClips.Width, MatrixClips.Height, "24", 12) },
        ["generate_audio: false, and the source has sound"] = new("generate_audio", false) { Sound = false },
        ["generate_audio: false, and the source has none"] = new("generate_audio", false) { Sound = false, Source = clips => clips.Make("silent.mov", MatrixClips.Width, MatrixClips.Height, "24", 12) },
        ["negative_prompt: empty, with guidance"] = new("negative_prompt", "") { With = [("guidance_scale", 3)] },
        ["negative_prompt: 10000 characters, with guidance"] = new("negative_prompt", string.Concat(Enumerable.Repeat("a red disc ", 909))) { With = [("guidance_scale", 3)] },
        ["seed: 0"] = new("seed", 0L),
        ["seed: the largest"] = new("seed", long.MaxValue),
        ["seed: the smallest"] = new("seed", long.MinValue),
        ["enable_prompt_expansion: false"] = new("enable_prompt_expansion", false),
        ["enable_safety_checker: true"] = new("enable_safety_checker", true),
        ["loras: three"] = new("loras", new[] { Lora(0.3, "both"), Lora(0.3, "stage_1"), Lora(0.3, "stage_2") }),
        ["loras: scale -4"] = new("loras", new[] { Lora(-4, "both") }),
        ["loras: scale 4"] = new("loras", new[] { Lora(4, "both") }),
        ["loras: transformer high"] = new("loras", new[] { Lora(1, "high") }),
        ["loras: transformer low"] = new("loras", new[] { Lora(1, "low") }),
        ["loras: nothing but a path"] = new("loras", new[] { new { path = RealServer.Url(Repository.MagentaLora) } }),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_finished_file_is_what_the_field_says(string name)
    {
        Row row = Rows[name];
        string source = row.Source(real.Clips), mask = row.Mask(real.Clips);
        MadeClip made = await real.RunAsync([("video_url", RealServer.Url(source)), ("mask_video_url", RealServer.Url(mask)), (row.Field, row.Value), .. row.With]);

        made.HasShape(row.Width, row.Height, row.Frames, row.Rate, row.Sound);
        output.WriteLine($"{await made.KeepsAsync(source, mask):0.00} dB beyond mask and feather");
        if (row.Sound && TestMedia.Tell(source, "a:0").Count > 0) await made.SoundsLikeAsync(source);
        Assert.Equal((row.Prompt, row.Field == "seed" ? (long)row.Value! : Seed), (made.Prompt, made.Seed));
    }

    [Fact]
    public async Task A_seed_that_is_drawn_is_told_and_gives_the_same_bytes_again()
    {
        MadeClip first = await real.RunAsync(("seed", null)), other = await real.RunAsync(("seed", null));
        Assert.InRange(first.Seed, 0, int.MaxValue);
        Assert.NotEqual(first.Seed, other.Seed);
        Assert.NotEqual(await File.ReadAllBytesAsync(first.File), await File.ReadAllBytesAsync(other.File));

        MadeClip again = await real.RunAsync(("seed", first.Seed));

        Assert.Equal(first.Seed, again.Seed);
        Assert.Equal(await File.ReadAllBytesAsync(first.File), await File.ReadAllBytesAsync(again.File));
    }

    [Fact]
    public async Task Sync_mode_brings_the_same_file_inside_the_result()
    {
        MadeClip plain = await real.RunAsync(("sync_mode", false)), inline = await real.RunAsync(("sync_mode", true));
        Assert.StartsWith("http://", plain.Url, StringComparison.Ordinal);
        Assert.StartsWith("data:video/mp4;base64,", inline.Url, StringComparison.Ordinal);
        Assert.Equal(await File.ReadAllBytesAsync(plain.File), await File.ReadAllBytesAsync(inline.File));
    }

    private static object Lora(double scale, string transformer) => new { path = RealServer.Url(Repository.MagentaLora), scale, transformer };
}
