using System.Globalization;
using Ltx.Video;

namespace Ltx.Server.Tests.Commands;

/// <summary>What comes out of <c>ltx inpaint</c>. What it does with sources and masks of every kind it shares with the server (Matrix/MediaTests, FieldEdgeTests).</summary>
public sealed class OutputTests(GoodFiles good) : IClassFixture<GoodFiles>
{
    /// <summary>What a run is given, and what its result is.</summary>
    internal sealed record Case(int Frames, string Rate, bool Sound, Action<InpaintCall> Arrange);

    private static readonly Dictionary<string, Case> Cases = new()
    {
        ["a source of 50 fps at 24"] = new(12, "24/1", Sound: true, call => call.Untouched().Video = TestMedia.VideoWithSound(call.Folder, "fast.mp4", rate: "50", frames: 25)),
        ["a source of 24 fps at 30"] = new(15, "30/1", Sound: true, call => call.With("--fps", "30").Video = TestMedia.Video(call.Folder, frames: 12)),
        ["fewer frames than the source has"] = new(10, "24/1", Sound: true, call => call.Untouched().With("--frames", "10").Video = TestMedia.VideoWithSound(call.Folder, "long.mp4", frames: 24)),
        ["no sound wanted"] = new(9, "24/1", Sound: false, call => call.Untouched().With("--no-audio")),
        ["sound shorter than the picture"] = new(24, "24/1", Sound: true, call => call.Video = TestMedia.Make(call.Folder, "short.mp4", "-f", "lavfi", "-i", "testsrc2=s=128x128:r=24:d=1", "-f", "lavfi", "-i", "sine=d=0.3", "-pix_fmt", "yuv420p")),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Size_rate_frames_and_sound_are_exact(string name)
    {
        Case expected = Cases[name];
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder);
        expected.Arrange(call);

        LtxRun run = (await call.RunAsync()).Succeeded();

        List<Dictionary<string, string>> streams = TestMedia.Streams(call.Output);
        Dictionary<string, string> video = TestMedia.Of(streams, "v:0"), audio = TestMedia.Of(streams, "a:0");
        Assert.Equal(
            ("128", "128", expected.Frames.ToString(CultureInfo.InvariantCulture), expected.Rate, "h264", "yuv420p", "smpte170m"),
            (video["width"], video["height"], video["nb_read_frames"], video["r_frame_rate"], video["codec_name"], video["pix_fmt"], video["color_space"]));
        Assert.DoesNotContain("rotation", video.Keys);
        Assert.Equal(expected.Sound, audio.Count > 0);
        if (expected.Sound)
        {
            Assert.Equal(("aac", "48000", "2"), (audio["codec_name"], audio["sample_rate"], audio["channels"]));
            Assert.Equal(TestMedia.Duration(video), TestMedia.Duration(audio), tolerance: TestMedia.DurationTolerance);
        }
        Assert.Contains($"{call.Output}: 128x128, {expected.Frames} frames, {(expected.Sound ? "with sound" : "no sound")}, seed ", run.Output, StringComparison.Ordinal);
        Assert.Equal([call.Output], TestFolder.Names(Path.GetDirectoryName(call.Output)!));
    }

    [Fact]
    public async Task Progress_goes_to_standard_error_and_results_to_standard_output()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder).With("--seed", "7", "--lora", Repository.MagentaLora + ":0.5:stage_1");
        string looks = folder.Named("looks");
        call.Environment["LTX_FFMPEG"] = folder.Tools(ffprobe: $"echo \"$@\" >>{looks}; exec {TestMedia.Tool("ffprobe")} \"$@\"");

        LtxRun run = (await call.RunAsProcessAsync()).Succeeded();

        // One at each of the two files and one at the result: every look is a process.
        Assert.Equal(3, File.ReadAllLines(looks).Length);
        Assert.Equal(["reading", "preparing", "prompt", "source", "stage 1", "upsampling", "stage 2", "sound", "frames"], run.Stages);
        Assert.Empty(run.Complaints);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, lines.Length);
        Assert.Equal("The source video has 9 frames at 24 a second, and so has the result; 121 were allowed.", lines[0]);
        Assert.Equal(
            ["LoRA magenta.safetensors: 54 modules matched.", "Recipe miniature/recipe.json, with WorkingShortSide 0.", "This model does not expand prompts; the prompt is used as it is."],
            lines[1..4].Order(StringComparer.Ordinal));
        Assert.Equal($"{call.Output}: 128x128, 9 frames, with sound, seed 7", lines[4]);
        Assert.Matches(@"^reading \d+\.\d \+ preparing \d+\.\d \+ prompt \d+\.\d \+ source .+ \+ stage 1 .+ \+ stage 2 .+ \+ finishing \d+\.\d = \d+\.\d s$", lines[5]);
    }

    [Fact]
    public async Task A_seed_makes_a_run_repeatable_in_any_process_and_another_seed_another_run()
    {
        using TestFolder folder = new();
        List<byte[]>[] runs = new List<byte[]>[3];
        foreach ((int i, string seed) in new[] { "7", "7", "8" }.Index())
        {
            InpaintCall call = good.Call(folder).With("--seed", seed);
            call.Output = folder.Named($"{i}.mp4");
            (await (i == 0 ? call.RunAsProcessAsync() : call.RunAsync())).Succeeded();
            runs[i] = await TestMedia.FramesAsync(call.Output);
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.NotEqual(runs[0], runs[2]);
    }

    [Fact]
    public async Task A_mask_without_white_returns_the_source_and_says_so()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder).Untouched().With("--quality", "lossless", "--no-audio");

        LtxRun run = (await call.RunAsync()).Succeeded();

        Assert.Contains("The mask has no white pixel, so the source is returned as it is.", run.Output, StringComparison.Ordinal);
        Assert.Equal(await TestMedia.FramesAsync(call.Video), await TestMedia.FramesAsync(call.Output));
    }

    [Fact]
    public async Task An_older_result_is_replaced_and_names_may_hold_anything()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder).Untouched();
        call.Output = folder.Text("-a b%03d;'ä.mp4", "older");

        (await call.RunAsync()).Succeeded();

        Assert.Equal("9", TestMedia.Tell(call.Output, "v:0")["nb_read_frames"]);
    }
}
