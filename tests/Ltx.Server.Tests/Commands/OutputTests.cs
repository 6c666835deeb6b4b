using System.Globalization;
using Ltx.Video;

namespace Ltx.Server.Tests.Commands;

/// <summary>What comes out of <c>ltx inpaint</c>, for every kind of what goes in.</summary>
public sealed class OutputTests(GoodFiles good) : IClassFixture<GoodFiles>
{
    /// <summary>What a run is given, and what its result is.</summary>
    internal sealed record Case(int Width, int Height, int Frames, string Rate, bool Sound, Action<InpaintCall> Arrange);

    private static readonly Dictionary<string, Case> Cases = new()
    {
        ["a source of odd size"] = new(384, 256, 9, "24/1", Sound: true, call => call.Video = TestMedia.Make(call.Folder, "odd.mp4", "-f", "lavfi", "-i", "testsrc2=s=386x258:r=24", "-frames:v", "9", "-vf", "crop=385:257:0:0:exact=1", "-pix_fmt", "yuv444p")),
        ["a source of 23.976 fps"] = new(128, 128, 9, "24000/1001", Sound: true, call =>
        {
            call.Video = TestMedia.VideoWithSound(call.Folder, "ntsc.mp4", rate: "24000/1001", frames: 9);
            call.With("--fps", "23.976");
        }),
        ["a source of 50 fps at 24"] = new(128, 128, 12, "24/1", Sound: true, call => call.Video = TestMedia.Video(call.Folder, rate: "50", frames: 25)),
        ["a source of 24 fps at 30"] = new(128, 128, 15, "30/1", Sound: true, call => call.With("--fps", "30").Video = TestMedia.Video(call.Folder, frames: 12)),
        ["fewer frames than the source has"] = new(128, 128, 10, "24/1", Sound: true, call => call.With("--frames", "10").Video = TestMedia.VideoWithSound(call.Folder, "long.mp4", frames: 24)),
        ["a single frame"] = new(128, 128, 1, "24/1", Sound: true, call => call.Video = TestMedia.Video(call.Folder, frames: 1)),
        ["a source with a rotation flag"] = new(128, 192, 9, "24/1", Sound: true, call => call.Video = TestMedia.Rotated(call.Folder, TestMedia.Video(call.Folder, "flat.mp4", width: 192, height: 128), height: 128)),
        ["a still image as the mask"] = new(128, 128, 9, "24/1", Sound: true, call => call.Mask = TestMedia.StillMask(call.Folder, 64, 64)),
        ["a mask that is shorter, of another size and rate"] = new(128, 128, 9, "24/1", Sound: true, call => call.Mask = TestMedia.Mask(call.Folder, "short.mp4", 96, 64, "12", 2)),
        ["a mask without white"] = new(128, 128, 9, "24/1", Sound: true, call => call.Mask = TestMedia.Make(call.Folder, "black.png", "-f", "lavfi", "-i", "color=black:s=128x128", "-frames:v", "1")),
        ["a source without sound"] = new(128, 128, 9, "24/1", Sound: true, call => call.Video = TestMedia.Video(call.Folder, "silent.mp4")),
        ["no sound wanted"] = new(128, 128, 9, "24/1", Sound: false, call => call.With("--no-audio")),
        ["no sound wanted and none there"] = new(128, 128, 9, "24/1", Sound: false, call => call.With("--no-audio").Video = TestMedia.Video(call.Folder, "silent.mp4")),
        ["a single channel at 22050"] = new(128, 128, 9, "24/1", Sound: true, call => call.Video = TestMedia.VideoWithSound(call.Folder, "mono.mp4", "sine=f=440:r=22050")),
        ["sound of 5.1 channels"] = new(128, 128, 9, "24/1", Sound: true, call => call.Video = TestMedia.VideoWithSound(call.Folder, "surround.mp4", "anoisesrc=a=0.2:r=48000,aformat=channel_layouts=mono,pan=5.1|c0=c0|c1=c0|c2=c0|c3=c0|c4=c0|c5=c0")),
        ["sound shorter than the picture"] = new(128, 128, 24, "24/1", Sound: true, call => call.Video = TestMedia.Make(call.Folder, "short.mp4", "-f", "lavfi", "-i", "testsrc2=s=128x128:r=24:d=1", "-f", "lavfi", "-i", "sine=d=0.3", "-pix_fmt", "yuv420p")),
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

        Dictionary<string, string> video = TestMedia.Tell(call.Output, "v:0"), audio = TestMedia.Tell(call.Output, "a:0");
        Assert.Equal(
            (Number(expected.Width), Number(expected.Height), Number(expected.Frames), expected.Rate, "h264", "yuv420p", "smpte170m"),
            (video["width"], video["height"], video["nb_read_frames"], video["r_frame_rate"], video["codec_name"], video["pix_fmt"], video["color_space"]));
        Assert.DoesNotContain("rotation", video.Keys);
        Assert.Equal(expected.Sound, audio.Count > 0);
        if (expected.Sound)
        {
            Assert.Equal(("aac", "48000", "2"), (audio["codec_name"], audio["sample_rate"], audio["channels"]));
            Assert.Equal(TestMedia.Duration(call.Output, "v:0"), TestMedia.Duration(call.Output, "a:0"), tolerance: TestMedia.DurationTolerance);
        }
        Assert.Contains($"{call.Output}: {expected.Width}x{expected.Height}, {expected.Frames} frames, {(expected.Sound ? "with sound" : "no sound")}, seed ", run.Output, StringComparison.Ordinal);
        Assert.Equal([call.Output], TestFolder.Names(Path.GetDirectoryName(call.Output)!));
    }

    [Fact]
    public async Task Progress_goes_to_standard_error_and_results_to_standard_output()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder).With("--seed", "7", "--lora", Repository.MagentaLora + ":0.5:stage_1");

        LtxRun run = (await call.RunAsync()).Succeeded();

        Assert.Equal(["reading", "preparing", "prompt", "source", "stage 1", "upsampling", "stage 2", "sound", "frames"], run.Stages);
        Assert.Empty(run.Complaints);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(5, lines.Length);
        Assert.Equal("The source video has 9 frames at 24 a second, and so has the result; 121 were allowed.", lines[0]);
        Assert.Equal("LoRA magenta.safetensors: 54 modules matched.", lines[1]);
        Assert.Equal("This model does not expand prompts; the prompt is used as it is.", lines[2]);
        Assert.Equal($"{call.Output}: 128x128, 9 frames, with sound, seed 7", lines[3]);
        Assert.Matches(@"^reading \d+\.\d \+ preparing \d+\.\d \+ prompt \d+\.\d \+ source .+ \+ stage 1 .+ \+ stage 2 .+ \+ finishing \d+\.\d = \d+\.\d s$", lines[4]);
    }

    [Fact]
    public async Task A_seed_makes_a_run_repeatable_and_another_seed_another_run()
    {
        using TestFolder folder = new();
        List<byte[]>[] runs = new List<byte[]>[3];
        foreach ((int i, string seed) in new[] { "7", "7", "8" }.Index())
        {
            InpaintCall call = good.Call(folder).With("--seed", seed);
            call.Output = folder.Named($"{i}.mp4");
            (await call.RunAsync()).Succeeded();
            runs[i] = await TestMedia.FramesAsync(call.Output);
        }

        Assert.Equal(runs[0], runs[1]);
        Assert.NotEqual(runs[0], runs[2]);
    }

    [Fact]
    public async Task A_mask_without_white_returns_the_source_and_says_so()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder).With("--quality", "lossless", "--no-audio");
        Cases["a mask without white"].Arrange(call);

        LtxRun run = (await call.RunAsync()).Succeeded();

        Assert.Contains("The mask has no white pixel, so the source is returned as it is.", run.Output, StringComparison.Ordinal);
        Assert.Equal(await TestMedia.FramesAsync(call.Video), await TestMedia.FramesAsync(call.Output));
    }

    [Fact]
    public async Task An_older_result_is_replaced_and_names_may_hold_anything()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder);
        call.Output = folder.Text("-a b%03d;'ä.mp4", "older");

        (await call.RunAsync()).Succeeded();

        Assert.Equal("9", TestMedia.Tell(call.Output, "v:0")["nb_read_frames"]);
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
