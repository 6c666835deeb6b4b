using System.Globalization;
using Ltx.Video;

namespace Ltx.Server.Tests.Commands;

/// <summary>What comes out of <c>ltx inpaint</c>. What it does with sources and masks of every kind it shares with the server (Matrix/MediaTests, FieldEdgeTests).</summary>
public sealed class OutputTests(OutputTests.SeededRun seeded) : IClassFixture<OutputTests.SeededRun>
{
    private readonly GoodFiles good = seeded.Good;

    /// <summary>A run of seed 7 as a process of its own, made once for the tests that look at it.</summary>
    public sealed class SeededRun : IAsyncLifetime
    {
        private readonly TestFolder folder = new();

        public GoodFiles Good { get; } = new();

        /// <summary>Where each look at a file, which is a process, has left a line.</summary>
        internal string Looks => folder.Named("looks");

        internal InpaintCall Call { get; private set; } = null!;

        internal LtxRun Run { get; private set; } = null!;

        /// <summary>The same call with another seed, or the same one.</summary>
        internal InpaintCall With(TestFolder into, string seed) => Good.Call(into).With("--seed", seed, "--lora", Repository.MagentaLora + ":0.5:stage_1");

        public async ValueTask InitializeAsync()
        {
            Call = With(folder, "7");
            Call.Environment["LTX_FFMPEG"] = folder.Tools(ffprobe: $"echo \"$@\" >>{Looks}; exec {TestMedia.Tool("ffprobe")} \"$@\"");
            Run = (await Call.RunAsProcessAsync()).Succeeded();
        }

        public ValueTask DisposeAsync()
        {
            folder.Dispose();
            Good.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>What a run is given, and what its result is.</summary>
    internal sealed record Case(int Frames, string Rate, Action<InpaintCall> Arrange);

    private static readonly Dictionary<string, Case> Cases = new()
    {
        ["a source of 24 fps at 30, whose sound is shorter than the picture"] = new(15, "30/1", call => call.With("--fps", "30").Video = TestMedia.Make(
            call.Folder, "short.mp4", "-f", "lavfi", "-i", "testsrc2=s=128x128:r=24:d=0.5", "-f", "lavfi", "-i", "sine=d=0.3", "-pix_fmt", "yuv420p")),
        ["fewer frames than the source has, over an older result, whose name may hold anything"] = new(10, "24/1", call =>
        {
            call.With("--frames", "10", "--yes").Video = TestMedia.VideoWithSound(call.Folder, "long.mp4", frames: 24);
            call.Output = Path.Combine(Path.GetDirectoryName(call.Output)!, "-a b%03d;'ä.mp4");
            File.WriteAllText(call.Output, "older");
        }),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Size_rate_frames_and_sound_are_exact(string name)
    {
        Case expected = Cases[name];
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder).Untouched();
        expected.Arrange(call);

        LtxRun run = (await call.RunAsync()).Succeeded();

        HasShape(run, call, expected.Frames, expected.Rate, sound: true);
    }

    [Fact]
    public void Progress_goes_to_standard_error_and_results_to_standard_output()
    {
        LtxRun run = seeded.Run;
        // One at each of the two files and one at the result: every look is a process.
        Assert.Equal(3, File.ReadAllLines(seeded.Looks).Length);
        Assert.Equal(["reading", "preparing", "prompt", "source", "stage 1", "upsampling", "stage 2", "sound", "frames"], run.Stages);
        Assert.Empty(run.Complaints);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, lines.Length);
        Assert.Equal("The source video has 9 frames at 24 a second, and so has the result; 121 were allowed.", lines[0]);
        Assert.Equal(
            ["LoRA magenta.safetensors: 54 modules matched.", "Recipe miniature/recipe.json, with WorkingShortSide 0.", "This model does not expand prompts; the prompt is used as it is."],
            lines[1..4].Order(StringComparer.Ordinal));
        Assert.Equal($"{seeded.Call.Output}: 128x128, 9 frames, with sound, seed 7", lines[4]);
        Assert.Matches(@"^reading \d+\.\d \+ preparing \d+\.\d \+ prompt \d+\.\d \+ source .+ \+ stage 1 .+ \+ stage 2 .+ \+ finishing \d+\.\d = \d+\.\d s$", lines[5]);
    }

    [Fact]
    public async Task A_seed_makes_a_run_repeatable_in_any_process_and_another_seed_another_run()
    {
        using TestFolder folder = new();
        Assert.Equal(await File.ReadAllBytesAsync(seeded.Call.Output, TestContext.Current.CancellationToken), await MadeAsync("7"));
        Assert.NotEqual(await File.ReadAllBytesAsync(seeded.Call.Output, TestContext.Current.CancellationToken), await MadeAsync("8"));

        async Task<byte[]> MadeAsync(string seed)
        {
            InpaintCall call = seeded.With(folder, seed).With("--yes");
            (await call.RunAsync()).Succeeded();
            return await File.ReadAllBytesAsync(call.Output, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_mask_without_white_returns_the_source_and_says_so_and_without_sound_where_none_is_wanted()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder).Untouched().With("--quality", "lossless", "--no-audio");

        LtxRun run = (await call.RunAsync()).Succeeded();

        HasShape(run, call, 9, "24/1", sound: false);
        Assert.Contains("The mask has no white pixel, so the source is returned as it is.", run.Output, StringComparison.Ordinal);
        Assert.Equal(await TestMedia.FramesAsync(call.Video), await TestMedia.FramesAsync(call.Output));
    }

    private static void HasShape(LtxRun run, InpaintCall call, int frames, string rate, bool sound)
    {
        List<Dictionary<string, string>> streams = TestMedia.Streams(call.Output);
        Dictionary<string, string> video = TestMedia.Of(streams, "v:0"), audio = TestMedia.Of(streams, "a:0");
        Assert.Equal(
            ("128", "128", frames.ToString(CultureInfo.InvariantCulture), rate, "h264", "yuv420p", "smpte170m"),
            (video["width"], video["height"], video["nb_read_frames"], video["r_frame_rate"], video["codec_name"], video["pix_fmt"], video["color_space"]));
        Assert.DoesNotContain("rotation", video.Keys);
        Assert.Equal(sound, audio.Count > 0);
        if (sound)
        {
            Assert.Equal(("aac", "48000", "2"), (audio["codec_name"], audio["sample_rate"], audio["channels"]));
            Assert.Equal(TestMedia.Duration(video), TestMedia.Duration(audio), tolerance: TestMedia.DurationTolerance);
        }
        Assert.Contains($"{call.Output}: 128x128, {frames} frames, {(sound ? "with sound" : "no sound")}, seed ", run.Output, StringComparison.Ordinal);
        Assert.Equal([call.Output], TestFolder.Names(Path.GetDirectoryName(call.Output)!));
    }
}
