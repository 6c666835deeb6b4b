using Ltx.Video.Processes;

namespace Ltx.Video.Tests;

public sealed class VideoReaderTests(VideoReaderTests.Films films, NumberedFilms numbered) : IClassFixture<VideoReaderTests.Films>, IDisposable
{
    private static readonly string[] Containers = ["ts", "mp4", "mkv"], OddFormats = ["yuv444p", "yuv422p", "yuv420p"], HdrTransfers = ["smpte2084", "arib-std-b67"];

    private static readonly (string Matrix, string Range, int Width)[] Tagged = [("bt709", "tv", 1920), ("smpte170m", "tv", 1920), ("bt709", "pc", 320), ("", "tv", 320), ("", "tv", 1280)];

    private static readonly (string Name, string Format)[] Masks =
        [("m.png", "rgb24"), ("m.jpg", "yuvj444p"), ("m.webp", "bgra"), ("m.mp4", "yuv420p")];

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    /// <summary>All films of these tests.</summary>
    public sealed class Films : IDisposable
    {
        private readonly Media media = new();

        public Films(NumberedFilms numbered)
        {
            string[] ffv1 = ["-c:v", "ffv1"], h264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-preset", "ultrafast"];
            string[] bt2020 = ["-color_primaries", "bt2020", "-colorspace", "bt2020nc", "-color_range", "tv"];
            media.MakeAll(
            [
                // 12 frames of which the fifth comes a day after the fourth.
                Film.Drawn("gap.mkv", "testsrc=size=64x64:rate=24:duration=0.5", ["-vf", "setpts='if(lt(N,4),N/24,86400+N/24)/TB'", .. h264, "-fps_mode", "passthrough"]),
                // Frames 0-4 at 0, 0.1 ... 0.4 s; frames 5-9 at 0.5, 0.9, 1.3 ... s. Matroska's header only knows the rate that was meant; MP4's knows the real times.
                .. new[] { "mkv", "mp4" }.Select(container => new Film(
                    "variable." + container, ["-i", numbered.Of(10)],
                    ["-frames:v", "10", "-vf", "setpts='if(lt(N,5),N*0.1,0.5+(N-5)*0.4)/TB'", "-fps_mode", "vfr", .. container == "mkv" ? ffv1 : h264])),
                .. Containers.Select(container => new Film(
                    "late." + container, ["-itsoffset", "0.75", "-i", numbered.Of(24), "-f", "lavfi", "-i", "sine=d=2"],
                    ["-frames:v", "12", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "4", "-fps_mode", "passthrough"])),
                // The left half is red, the top right quarter green, the rest black.
                Film.Drawn("flat.mp4", "color=black:s=96x64:r=24:d=0.1,format=gbrp,drawbox=0:0:48:64:red:fill,drawbox=48:0:48:32:lime:fill", "-c:v", "libx264rgb", "-crf", "0"),
                Film.Drawn("odd.mkv", "testsrc=s=67x65:r=24:d=0.2,format=gbrp", ffv1),
                .. OddFormats.Select(format => Film.Drawn(format + ".mkv", "testsrc2=s=127x71:r=24:d=0.2", [.. ffv1, "-pix_fmt", format])),
                Film.Drawn("long pixels.mp4", "testsrc2=s=720x576:r=25:d=0.1,setsar=64/45", h264),
                .. Tagged.Select(TaggedFilm),
                Film.Drawn(
                    "ten.mkv", "color=0x3C78B4:s=64x64:r=24:d=0.1,format=gbrp",
                    ["-vf", "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd,format=yuv422p10le", "-colorspace", "bt709", "-color_range", "tv", .. ffv1]),
                // Four grays and a red; luma codes of ten bits. In PQ, code 573 is 203 cd/m2, the white of paper; 64 is black.
                .. HdrTransfers.Select(transfer => Film.Drawn(
                    transfer + ".mkv",
                    "nullsrc=s=320x64:r=24:d=0.1,format=yuv420p10le,"
                    + "geq=lum='if(lt(X,64),64,if(lt(X,128),400,if(lt(X,192),573,if(lt(X,256),700,400))))':cb='if(lt(X,128),512,460)':cr='if(lt(X,128),512,680)'",
                    [
                        "-c:v", "libx265", "-x265-params", $"log-level=error:lossless=1:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc:range=limited", "-color_trc", transfer, .. bt2020,
                    ])),
                Film.Drawn(
                    "paper.mkv", "nullsrc=s=192x64:r=24:d=0.1,format=yuv420p10le,geq=lum='if(lt(X,64),573,if(lt(X,128),650,720))':cb=512:cr=512",
                    [.. ffv1, "-color_trc", "smpte2084", .. bt2020]),
                Film.Drawn(
                    "wide.mkv", "nullsrc=s=128x64:r=24:d=0.1,format=yuv420p10le,geq=lum=502:cb='if(lt(X,32),512,450)':cr='if(lt(X,32),512,600)'",
                    [.. ffv1, "-color_trc", "bt2020-10", .. bt2020]),
                .. Masks.Select(mask => Film.Drawn(
                    mask.Name, "color=black:s=64x64:r=24:d=0.1,format=gbrp,drawbox=0:0:32:64:white:fill",
                    [
                        "-vf", $"{(mask.Format == "yuv420p" ? "scale=out_range=tv," : "")}format={mask.Format}", "-frames:v", "1", "-pix_fmt", mask.Format,
                        .. mask.Name == "m.webp" ? ["-lossless", "1"] : mask.Name == "m.mp4" ? new[] { "-crf", "1" } : [],
                    ])),
                Film.Drawn("a.gif", "testsrc=s=64x64:r=10:d=1"),
                Film.Drawn("a.webm", "testsrc=s=64x64:r=24:d=0.5", "-c:v", "libvpx", "-deadline", "realtime"),
            ]);
            media.MakeAll(OddFormats.Select(format => new Film("even " + format + ".mkv", ["-i", media.Path(format + ".mkv")], ["-vf", "crop=126:70:0:0:exact=1", "-c:v", "ffv1"])));
        }

        public Task<MediaInfo> ProbeAsync(string name) => MediaProbe.ProbeAsync(media.Path(name), cancellationToken: Media.Cancelled);

        public string Path(string name) => media.Path(name);

        public static string NameOf(string matrix, string range, int width) => FormattableString.Invariant($"{matrix} {range} {width}.mp4");

        public void Dispose() => media.Dispose();

        private static Film TaggedFilm((string Matrix, string Range, int Width) tagged)
        {
            // "color" draws in RGB here, so the conversion to YUV is the one asked for.
            var (matrix, range, width) = tagged;
            var written = matrix.Length > 0 ? matrix : width >= 1280 ? "bt709" : "bt601";
            string[] tags = matrix.Length > 0 ? ["-colorspace", matrix] : ["-bsf:v", "h264_metadata=matrix_coefficients=2"];
            return Film.Drawn(
                NameOf(matrix, range, width), FormattableString.Invariant($"color=0xC83214:s={width}x64:r=24:d=0.1,format=gbrp"),
                [
                    "-vf", $"scale=out_color_matrix={(written == "smpte170m" ? "bt601" : written)}:out_range={range}:flags=accurate_rnd,format=yuv444p", "-color_range", range,
                    "-c:v", "libx264", "-crf", "1", .. tags,
                ]);
        }
    }

    private static int[] Numbers(IEnumerable<VideoFrame> frames, int step = 1) => [.. frames.Select(frame => Media.Pixel(frame, 5, 5)[0] / step)];

    [Theory]
    [InlineData(24)]
    [InlineData(23.976)]
    [InlineData(29.97)]
    [InlineData(60)]
    [InlineData(12.5)]
    public async Task A_source_of_the_same_rate_comes_through_frame_for_frame(double rate)
    {
        Assert.Equal(Enumerable.Range(0, NumberedFilms.Count), Numbers(await Media.ReadAllAsync(numbered.Of(rate), rate)));
        // Matroska rounds time stamps to milliseconds, which changes nothing where a frame lasts for whole ones.
        if (rate is not 12.5)
        {
            Assert.Equal(Enumerable.Range(0, NumberedFilms.Count), Numbers(await Media.ReadAllAsync(numbered.Of(rate, "mkv"), rate)));
        }
    }

    [Theory]
    [InlineData(30, 15, 20)]
    [InlineData(30, 24, 32)]
    [InlineData(24, 48, 80)]
    [InlineData(25, 30, 48)]
    [InlineData(60, 23.976, 16)]
    public async Task Frames_are_dropped_and_repeated_by_their_time(double from, double to, int expected)
    {
        var numbers = Numbers(await Media.ReadAllAsync(numbered.Of(from), to));
        Assert.Equal(expected, numbers.Length);
        for (var i = 0; i < numbers.Length; i++)
        {
            // Output frame i shows the latest source frame whose time rounds to at most i.
            var exact = Enumerable.Range(0, NumberedFilms.Count).Last(n => Math.Floor((n / FrameRate.FromDouble(from).Value * FrameRate.FromDouble(to).Value) + 0.5) <= i);
            Assert.Equal(exact, numbers[i]);
        }
    }

    [Fact]
    public async Task At_most_so_many_frames_are_given()
    {
        var info = await MediaProbe.ProbeAsync(numbered.Any, cancellationToken: Media.Cancelled);
        Assert.Equal(Enumerable.Range(0, 3), Numbers(await Media.ReadAllAsync(info, 24, maxFrames: 3)));
        Assert.Equal(NumberedFilms.Count, (await Media.ReadAllAsync(info, 24, maxFrames: 500)).Count);
    }

    [Fact]
    public async Task A_gap_between_two_frames_costs_no_more_than_the_frames_asked_for()
    {
        // Filled at 24 frames a second, 25 GB of copies.
        var tools = media.FakeTool("ffmpeg", "ulimit -v 2000000; exec ffmpeg \"$@\"");
        File.CreateSymbolicLink(Path.Combine(tools, "ffprobe"), FfmpegTool.Locate("ffprobe", toolFolder: null));
        var info = await MediaProbe.ProbeAsync(films.Path("gap.mkv"), new MediaLimits { ToolFolder = tools, Threads = 2 }, cancellationToken: Media.Cancelled);

        var frames = await Media.ReadAllAsync(info, framesPerSecond: 24, maxFrames: 9);

        Assert.Equal(9, frames.Count);
        Assert.Equal(frames[3].Pixels.ToArray(), frames[8].Pixels.ToArray());
    }

    [Fact]
    public async Task A_clip_of_less_than_half_a_frame_gives_its_first_frame() =>
        // Two thirds of a second.
        Assert.Equal(0, Assert.Single(Numbers(await Media.ReadAllAsync(numbered.Of(60), 0.5))));

    [Fact]
    public async Task Variable_frame_times_are_followed()
    {
        var info = await films.ProbeAsync("variable.mkv");
        var numbers = Numbers(await Media.ReadAllAsync(info, 10));
        Assert.Equal([0, 1, 2, 3, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 8, 9], numbers.Take(22));
        Assert.True((await films.ProbeAsync("variable.mp4")).IsVariableFrameRate);
        Assert.False((await MediaProbe.ProbeAsync(numbered.Of(10), cancellationToken: Media.Cancelled)).IsVariableFrameRate);
    }

    [Theory]
    [InlineData("ts")]
    [InlineData("mp4")]
    [InlineData("mkv")]
    public async Task A_clip_begins_with_its_first_frame_wherever_that_lies(string container)
    {
        var frames = await Media.ReadAllAsync(films.Path("late." + container), 24);
        Assert.Equal(12, frames.Count);
        Assert.All(frames.Index(), pair => Assert.InRange(Media.Pixel(pair.Item, 30, 30)[0], pair.Index - 3, pair.Index + 3));
    }

    [Theory]
    [InlineData(90)]
    [InlineData(180)]
    [InlineData(270)]
    public async Task The_rotation_flag_is_applied(int clockwise)
    {
        var info = await MediaProbe.ProbeAsync(media.Turned(films.Path("flat.mp4"), clockwise, "turned.mp4"), cancellationToken: Media.Cancelled);
        Assert.Equal(clockwise % 180 == 0 ? (96, 64) : (64, 96), (info.Width, info.Height));
        var frame = (await Media.ReadAllAsync(info, 24))[0];
        var (red, green, black) = clockwise switch
        {
            90 => ((30, 10), (50, 80), (10, 80)),
            180 => ((80, 10), (10, 50), (10, 10)),
            _ => ((30, 80), (10, 10), (50, 10)),
        };
        Assert.Equal([255, 0, 0], Media.Pixel(frame, red.Item1, red.Item2).Select(value => (int)value));
        Assert.Equal([0, 255, 0], Media.Pixel(frame, green.Item1, green.Item2).Select(value => (int)value));
        Assert.Equal([0, 0, 0], Media.Pixel(frame, black.Item1, black.Item2).Select(value => (int)value));
    }

    [Theory]
    [InlineData(FrameFit.CropOdd, true)]
    [InlineData(FrameFit.Stretch, false)]
    public async Task Odd_sizes_lose_the_last_row_and_column_and_nothing_else(FrameFit fit, bool exact)
    {
        var odd = await films.ProbeAsync("odd.mkv");
        var whole = (await Media.ReadAllAsync(odd, 24, new FrameSize(67, 65)))[2];
        var cut = (await Media.ReadAllAsync(odd, 24, new FrameSize(66, 64), fit: fit))[2];
        var same = Enumerable.Range(0, 64).All(y => Enumerable.Range(0, 66).All(x => Media.Pixel(cut, x, y).SequenceEqual(Media.Pixel(whole, x, y))));
        Assert.Equal(exact, same);
    }

    [Theory]
    [InlineData("yuv444p")]
    [InlineData("yuv422p")]
    [InlineData("yuv420p")]
    public async Task Odd_sizes_of_halved_chroma_are_cut_too(string format)
    {
        var cut = (await Media.ReadAllAsync(films.Path(format + ".mkv"), 24))[1];
        Assert.Equal(new FrameSize(126, 70), cut.Size);
        Assert.Equal((await Media.ReadAllAsync(films.Path("even " + format + ".mkv"), 24))[1].Pixels.ToArray(), cut.Pixels.ToArray());
    }

    [Fact]
    public async Task Pixels_that_are_not_square_become_square()
    {
        var info = await films.ProbeAsync("long pixels.mp4");
        Assert.Equal((1024, 576, false), (info.Width, info.Height, info.HasSquarePixels));
        Assert.Equal(1024 * 576 * 3, (await Media.ReadAllAsync(info, 25))[0].Pixels.Length);
    }

    public static TheoryData<string, string, int> AllTagged => [.. Tagged];

    [Theory]
    [MemberData(nameof(AllTagged))]
    public async Task Matrix_and_range_are_those_of_the_tags_or_of_the_size(string matrix, string range, int width)
    {
        var info = await films.ProbeAsync(Films.NameOf(matrix, range, width));
        var pixel = Media.Pixel((await Media.ReadAllAsync(info, 24))[0], 20, 20);
        Assert.All(pixel.Zip(new[] { 0xC8, 0x32, 0x14 }), pair => Assert.InRange(pair.First - pair.Second, -3, 3));
    }

    [Fact]
    public async Task Ten_bits_are_read_as_eight()
    {
        var info = await films.ProbeAsync("ten.mkv");
        Assert.Equal((10, false, "yuv422p10le"), (info.BitDepth, info.IsHdr, info.PixelFormat));
        var pixel = Media.Pixel((await Media.ReadAllAsync(info, 24))[0], 20, 20);
        Assert.All(pixel.Zip(new[] { 0x3C, 0x78, 0xB4 }), pair => Assert.InRange(pair.First - pair.Second, -2, 2));
    }

    [Theory]
    [InlineData("smpte2084", ColourTransfer.Pq)]
    [InlineData("arib-std-b67", ColourTransfer.Hlg)]
    public async Task Hdr_is_tone_mapped(string transfer, ColourTransfer expected)
    {
        var info = await films.ProbeAsync(transfer + ".mkv");
        Assert.Equal((expected, true, 10), (info.Transfer, info.IsHdr, info.BitDepth));
        var frame = (await Media.ReadAllAsync(info, 24))[0];
        var black = Media.Pixel(frame, 30, 30);
        var mid = Media.Pixel(frame, 90, 30);
        TestContext.Current.TestOutputHelper!.WriteLine($"{string.Join(',', black)} {string.Join(',', mid)} "
            + string.Join(' ', new[] { 150, 220, 300 }.Select(x => string.Join(',', Media.Pixel(frame, x, 30)))));
        Assert.All(black, value => Assert.InRange(value, 0, 3));
        Assert.All(mid, value => Assert.InRange(value, 60, 200));
        Assert.InRange(mid.Max() - mid.Min(), 0, 4);
        var red = Media.Pixel(frame, 300, 30);
        Assert.True(red[0] > red[1] + 40 && red[0] > red[2] + 40);
    }

    [Fact]
    public async Task Paper_white_of_hdr_is_bright_and_highlights_keep_their_order()
    {
        var frame = (await Media.ReadAllAsync(films.Path("paper.mkv"), 24))[0];
        var (paper, bright, peak) = (Media.Pixel(frame, 30, 30)[0], Media.Pixel(frame, 90, 30)[0], Media.Pixel(frame, 160, 30)[0]);
        TestContext.Current.TestOutputHelper!.WriteLine($"{paper} {bright} {peak}");
        Assert.InRange(paper, 190, 230);
        Assert.True(paper < bright && bright < peak);
        Assert.InRange(peak, 245, 255);
    }

    [Fact]
    public async Task Wide_gamut_is_converted_without_a_change_of_grays()
    {
        var frame = (await Media.ReadAllAsync(films.Path("wide.mkv"), 24))[0];
        // (502 - 64) / 876 = one half.
        Assert.All(Media.Pixel(frame, 20, 20), value => Assert.InRange(value, 126, 129));
        var warm = Media.Pixel(frame, 100, 20);
        // The same numbers read as BT.709 would be 72 levels apart (167 and 95).
        Assert.InRange(warm[0] - warm[2], 90, 110);
    }

    public static TheoryData<string> AllMasks => [.. Masks.Select(mask => mask.Name)];

    [Theory]
    [MemberData(nameof(AllMasks))]
    public async Task A_mask_is_read_as_full_range_luma(string name)
    {
        var info = await films.ProbeAsync(name);
        Assert.Equal(name == "m.mp4" ? MediaKind.Video : MediaKind.StillImage, info.Kind);
        var frame = Assert.Single(await Media.ReadAllAsync(info, 60, new FrameSize(128, 96), pixels: FramePixels.Gray8, maxFrames: 1));
        Assert.Equal(128 * 96, frame.Pixels.Length);
        Assert.InRange(Media.Pixel(frame, 20, 40)[0], 253, 255);
        Assert.InRange(Media.Pixel(frame, 110, 40)[0], 0, 2);
    }

    [Fact]
    public async Task A_shorter_mask_holds_its_last_frame()
    {
        var info = await MediaProbe.ProbeAsync(numbered.Any, cancellationToken: Media.Cancelled);
        var frames = VideoReader.ReadAsync(info, new VideoReadOptions { Size = new(64, 64), FramesPerSecond = new(24, 1), MaxFrames = 3 }, Media.Cancelled);
        var held = await frames.HoldLastAsync(6, Media.Cancelled).ToListAsync(Media.Cancelled);
        Assert.Equal([0, 1, 2, 2, 2, 2], Numbers(held));
        Assert.Equal(Enumerable.Range(0, 6), held.Select(frame => frame.Index));
        Assert.Equal(Enumerable.Range(0, 2), Numbers(await frames.HoldLastAsync(2, Media.Cancelled).ToListAsync(Media.Cancelled)));
    }

    [Fact]
    public async Task Gif_and_webm_are_read()
    {
        Assert.Equal(10, (await Media.ReadAllAsync(films.Path("a.gif"), 10)).Count);
        Assert.Equal(12, (await Media.ReadAllAsync(films.Path("a.webm"), 24)).Count);
    }

    [Fact]
    public async Task A_caller_that_leaves_early_leaves_no_ffmpeg_behind()
    {
        // A name that no other test uses. Its frames are larger than all pipes together, so ffmpeg cannot have ended when three of them are taken.
        var path = media.Path("left.mp4");
        File.Copy(numbered.Any, path);
        var info = await MediaProbe.ProbeAsync(path, cancellationToken: Media.Cancelled);
        var options = new VideoReadOptions { Size = new(320, 240), FramesPerSecond = new(24, 1) };
        await foreach (var frame in VideoReader.ReadAsync(info, options, Media.Cancelled))
        {
            if (frame.Index == 2)
            {
                Assert.True(IsOpenedBySomeone(path));
                break;
            }
        }

        Assert.False(IsOpenedBySomeone(path));
    }

    [Fact]
    public async Task Cancelling_while_reading_is_a_cancellation()
    {
        var info = await MediaProbe.ProbeAsync(numbered.Any, cancellationToken: Media.Cancelled);
        using var cancel = new CancellationTokenSource();
        var options = new VideoReadOptions { Size = new(64, 64), FramesPerSecond = new(24, 1) };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var frame in VideoReader.ReadAsync(info, options, cancel.Token))
            {
                await cancel.CancelAsync();
            }
        });
    }

    private static bool IsOpenedBySomeone(string path)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Asks /proc.");
        return Directory.GetDirectories("/proc").Any(process =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(process, "cmdline")).Contains(path, StringComparison.Ordinal);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        });
    }
}
