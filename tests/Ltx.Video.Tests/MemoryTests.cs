using Ltx.Server.Tests.Support;
using Ltx.Video.Processes;

namespace Ltx.Video.Tests;

/// <summary>No run of ffmpeg or ffprobe takes more memory than pictures of its size can need, and honest ones take less.</summary>
public sealed class MemoryTests(MemoryTests.Films films) : IClassFixture<MemoryTests.Films>, IDisposable
{
    // The bound grows with the picture's size. So does what is needed; what the programs need of themselves does not, and weighs most in the smaller.
    private static readonly FrameSize[] Deep = LongForm.IsOn ? [new(1280, 720), new(3840, 2160)] : [new(1280, 720)];

    private static readonly FrameSize Size = new(64, 64);

    private readonly Media media = new();

    /// <summary>All films of these tests.</summary>
    public sealed class Films : IDisposable
    {
        private readonly Media media = new();

        public Films() => media.MakeAll(
        [
            new Film("sound.mkv", ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=24:d=0.2", "-f", "lavfi", "-i", "sine=d=0.2"], ["-shortest"]),
            .. Deep.Select(size => Film.Drawn(
                $"{size}.mp4", $"testsrc2=s={size}:r=24,trim=end_frame=6", "-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:ref=4")),
            // A tenth of a second of sound, the rest of it a day later.
            new Film(
                "gap.mkv", ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=24:d=1", "-f", "lavfi", "-i", "aevalsrc=0.5:s=48000:d=1"],
                ["-af", "asetnsamples=480,asetpts='if(lt(N,4800),PTS,PTS+86400/TB)'", "-c:a", "pcm_f32le"]),
            Film.Drawn("wide.mp4", "color=red:s=1280x720:r=24:d=0.1", "-vf", "setsar=100/1", "-c:v", "libx264", "-preset", "ultrafast"),
        ]);

        public string Path(string name) => media.Path(name);

        public void Dispose() => media.Dispose();
    }

    public static TheoryData<string> Uses => ["probe", "read", "sound", "preview", "thumbnail", "mask", "video", "png", "version"];

    public void Dispose() => media.Dispose();

    [Theory]
    [MemberData(nameof(Uses))]
    public async Task A_tool_that_takes_more_is_ended_with_a_sentence_of_its_own(string use)
    {
        // Reads zeros for the end of a line, and keeps them all.
        const string Greedy = "exec tail /dev/zero";
        var source = films.Path("sound.mkv");
        var tools = media.FakeTool("ffmpeg", Greedy);
        var limits = new MediaLimits { ToolFolder = tools, MemoryBytes = 100_000_000 };
        var probe = Path.Combine(tools, "ffprobe");
        if (use == "probe")
        {
            File.Move(Path.Combine(tools, "ffmpeg"), probe);
        }
        else
        {
            File.CreateSymbolicLink(probe, FfmpegTool.Locate("ffprobe", toolFolder: null));
        }

        async Task<MediaInfo> Info() => await MediaProbe.ProbeAsync(source, limits, "the source video", Media.Cancelled);
        var options = new VideoReadOptions { Size = Size, FramesPerSecond = new FrameRate(24, 1) };
        var black = new byte[Size.Pixels];
        var error = await Assert.ThrowsAsync<MediaException>(() => use switch
        {
            "probe" => Info(),
            "read" => Task.Run(async () => await VideoReader.ReadAsync(await Info(), options, Media.Cancelled).ToListAsync(Media.Cancelled)),
            "sound" => Task.Run(async () => await AudioReader.ReadAsync(await Info(), TimeSpan.Zero, 48000, 2, 100, Media.Cancelled)),
            "preview" => Task.Run(async () => await PreviewWriter.WriteAsync(await Info(), media.Path("p.mp4"), Size.Pixels, TimeSpan.FromSeconds(1), Media.Cancelled)),
            "thumbnail" => Task.Run(async () => await PreviewWriter.FirstFrameAsync(await Info(), Size.Pixels, Media.Cancelled)),
            "mask" => MaskWriter.WriteAsync(media.Path("m.mp4"), Size, [0], [black], limits, Media.Cancelled),
            "video" => VideoWriter.WriteAsync(
                media.Path("v.mp4"), new VideoWriteOptions { Size = Size, FramesPerSecond = new FrameRate(24, 1), Limits = limits }, Media.Stream(Media.NumberedFrames(Size, 9)), cancellationToken: Media.Cancelled),
            "png" => PngWriter.WriteAsync(media.Path("a.png"), Size, [new byte[Size.Pixels * 3]], limits, Media.Cancelled),
            _ => MediaTools.VersionAsync("ffmpeg", limits, Media.Cancelled),
        });

        if (use is "mask" or "video" or "png" or "version")
        {
            Assert.Equal((MediaFault.Server, "ffmpeg took more than the 100 MB of memory that it is allowed."), (error.Fault, error.Message));
        }
        else
        {
            var who = use == "sound" ? "The sound of the source video" : "The source video";
            Assert.Equal(
                (MediaFault.Input, MediaProblem.Memory, $"{who} needs more memory to be read than the 100 MB that pictures of its size may take; re-encode it."),
                (error.Fault, error.Problem, error.Message));
        }

        Assert.Empty(Directory.GetFiles(media.Folder, "*.mp4").Concat(Directory.GetFiles(media.Folder, "*.png")));
    }

    [Fact]
    public async Task Twenty_kilobytes_that_claim_an_index_of_gigabytes_are_refused()
    {
        var path = media.Path("bomb.mp4");
        // An index of 1.9 GB: one of 2 GiB or more is refused by ffprobe itself.
        await File.WriteAllBytesAsync(path, Mp4Bomb.Make(80_000_000), Media.Cancelled);

        var error = await Assert.ThrowsAsync<MediaException>(() => MediaProbe.ProbeAsync(path, new MediaLimits { MaxSourcePixels = 64 * 64 }, cancellationToken: Media.Cancelled));

        Assert.Equal((MediaFault.Input, MediaProblem.Memory), (error.Fault, error.Problem));
    }

    public static TheoryData<int, int, int> DeepSizes => [.. from size in Deep from threads in new[] { 2, 8 } select (size.Width, size.Height, threads)];

    /// <summary>The long form has 3840x2160 as well.</summary>
    [Theory]
    [MemberData(nameof(DeepSizes))]
    public async Task Ten_bits_are_read_within_the_bound(int width, int height, int threads)
    {
        var info = await MediaProbe.ProbeAsync(films.Path($"{width}x{height}.mp4"), new MediaLimits { Threads = threads }, cancellationToken: Media.Cancelled);

        Assert.Equal(6, (await Media.ReadAllAsync(info, 24, new FrameSize(width / 2, height / 2))).Count);
    }

    [Fact]
    public async Task A_gap_in_the_sound_costs_no_more_than_the_samples_asked_for()
    {
        // A filter that fills gaps would make 33 GB of silence.
        var info = await MediaProbe.ProbeAsync(films.Path("gap.mkv"), cancellationToken: Media.Cancelled);

        var sound = (await AudioReader.ReadAsync(info, TimeSpan.Zero, 48000, 1, 48000, Media.Cancelled))!.Clip.Channels[0];

        Assert.All(sound.Take(4700), sample => Assert.Equal(0.5, sample, 1e-3));
        Assert.All(sound.Skip(4900), sample => Assert.Equal(0, sample, 1e-3));
    }

    [Fact]
    public async Task Pixels_that_are_a_hundred_times_as_wide_as_high_make_no_giant_picture()
    {
        var error = await Assert.ThrowsAsync<MediaException>(() => MediaProbe.ProbeAsync(films.Path("wide.mp4"), cancellationToken: Media.Cancelled));

        Assert.Equal((MediaFault.Input, MediaProblem.TooLarge), (error.Fault, error.Problem));
    }
}
