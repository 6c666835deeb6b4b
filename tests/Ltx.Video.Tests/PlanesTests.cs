using System.Globalization;
using Ltx.Server.Tests.Support;

namespace Ltx.Video.Tests;

/// <summary>The decoder's own numbers, all the way: read, said what they are, and written.</summary>
public sealed class PlanesTests(PlanesTests.Films films) : IClassFixture<PlanesTests.Films>, IDisposable
{
    private const int Width = 128, Height = 96;

    private static readonly FrameSize Size = new(Width, Height);

    private static readonly FrameRate Rate = new(24, 1);

    private static readonly PlaneColours Bt601 = new("smpte170m", "smpte170m", "smpte170m", IsFullRange: false, ChromaX: 0, ChromaY: 0.5);

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    /// <summary>A file's name, its size and rate, what is written into it, and what it is to be taken for.</summary>
    public sealed record Kept(string Name, PlaneColours Colours, string[] Encoding)
    {
        public FrameSize Size { get; init; } = new(Width, Height);

        public string Rate { get; init; } = "24";

        // Drawn with even sides; an odd file cuts it itself.
        internal Film Film => Film.Drawn(Name, $"testsrc2=s={(Size.Width + 1) & ~1}x{(Size.Height + 1) & ~1}:r={Rate},trim=end_frame=5", Encoding);

        internal FrameSize Even => new(Size.Width & ~1, Size.Height & ~1);
    }

    private static readonly Kept[] Sources =
    [
        new("untagged SD.mp4", Bt601, ["-c:v", "libx264", "-pix_fmt", "yuv420p"]),
        new("untagged HD.mp4", PlaneColours.Bt709, ["-c:v", "libx264", "-pix_fmt", "yuv420p"]) { Size = new(1280, 64) },
        new("bt709.mp4", PlaneColours.Bt709, ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]),
        new("bt601 in HD.mkv", Bt601 with { Matrix = "bt470bg", Primaries = "bt470bg" }, ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-colorspace", "bt470bg"]) { Size = new(1280, 64) },
        new("gamma.mp4", PlaneColours.Bt709 with { Primaries = "smpte432", Transfer = "bt470bg" }, ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_primaries", "smpte432", "-color_trc", "gamma28"]),
        new("full range.mp4", Bt601 with { IsFullRange = true }, ["-vf", "scale=out_range=pc", "-c:v", "libx264", "-pix_fmt", "yuvj420p"]),
        new("full range.webm", Bt601 with { IsFullRange = true, ChromaX = 0.5 }, ["-vf", "scale=out_range=pc,format=yuvj420p", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-color_range", "pc", "-deadline", "realtime", "-cpu-used", "8"]),
        new("jpeg.mov", Bt601 with { Matrix = "bt470bg", Primaries = "bt470bg", IsFullRange = true, ChromaX = 0.5 }, ["-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj420p"]),
        new("mpeg1.mpg", Bt601 with { ChromaX = 0.5 }, ["-c:v", "mpeg1video", "-q:v", "2", "-pix_fmt", "yuv420p"]) { Rate = "25" },
        new("alpha.webm", Bt601, ["-vf", "format=yuva420p", "-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0", "-deadline", "realtime"]),
        new("odd.mkv", Bt601, ["-vf", "crop=127:95:0:0:exact=1", "-c:v", "ffv1", "-pix_fmt", "yuv420p"]) { Size = new(127, 95) },
        new("59.94.mov", Bt601, ["-c:v", "libx264", "-pix_fmt", "yuv420p"]) { Rate = "60000/1001" },
        new("top left.mp4", Bt601 with { ChromaX = 0, ChromaY = 0 }, ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-x264-params", "chromaloc=2"]),
    ];

    private static readonly string[] Unhalved = ["yuv422p", "yuv444p", "gray"];

    private static readonly string[] WideTransfers = ["smpte2084", "bt2020-10"];

    private static readonly (VideoQuality Quality, WriteMode Mode, string Crf, string Preset, string Search)[] Encodes =
    [
        (VideoQuality.High, WriteMode.Balanced, "18", "medium", "me=hex"), (VideoQuality.Maximum, WriteMode.Small, "12", "veryslow", "me=umh"), (VideoQuality.Low, WriteMode.Fast, "28", "superfast", "me=dia"),
    ];

    /// <summary>All films of these tests, and what ffmpeg's decoder makes of those whose numbers are to be kept.</summary>
    public sealed class Films : IDisposable
    {
        private const string Red = "color=0xC83214:s=128x96:r=24:d=0.1,format=gbrp";

        private readonly Media media = new();
        private readonly Dictionary<string, byte[]> decoded;

        public Films()
        {
            string[] ffv1 = ["-c:v", "ffv1"], h264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p"];
            List<Film> kept =
            [
                .. Sources.Select(source => source.Film),
                Film.Drawn("flat.mp4", $"testsrc2=s={Width}x{Height}:r=24,trim=end_frame=3", h264),
                .. Unhalved.Select(format => Film.Drawn(format + ".mkv", $"testsrc2=s={Width}x{Height}:r=24,trim=end_frame=2", [.. ffv1, "-pix_fmt", format, "-colorspace", "bt709"])),
                Film.Drawn("chart.mkv", "testsrc2=s=256x160:r=24,trim=end_frame=12", [.. ffv1, "-pix_fmt", "yuv420p"]),
            ];
            media.MakeAll(
            [
                .. kept,
                // A slope so gentle that eight bits have steps of 16 columns: only dithering keeps the mean between them.
                Film.Drawn("ten.mkv", "nullsrc=s=256x64:r=24,trim=end_frame=1,format=yuv420p10le,geq=lum='400+X/4':cb='500+X/8':cr=512", [.. ffv1, "-colorspace", "bt709"]),
                Film.Drawn("rgb.mkv", Red, ffv1),
                Film.Drawn("narrow.mp4", Red, ["-vf", "scale=out_color_matrix=bt709:out_range=tv,setsar=2", .. h264, "-colorspace", "bt709"]),
                Film.Drawn("combed.mkv", Red, [.. h264, "-flags", "+ilme+ildct", "-vf", "setfield=tff"]),
                .. WideTransfers.Select(transfer => Film.Drawn(
                    transfer + ".mkv", "nullsrc=s=128x96:r=24:d=0.1,format=yuv420p10le,geq=lum='if(lt(X,64),480,560)':cb='if(lt(X,32),512,470)':cr='if(lt(X,32),512,590)'",
                    [.. ffv1, "-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc", "-color_range", "tv"])),
            ]);
            decoded = kept.Zip(Media.Decoded([.. kept.Select(film => media.Path(film.Name))])).ToDictionary(pair => pair.First.Name, pair => pair.Second);
        }

        public Task<MediaInfo> ProbeAsync(string name) => MediaProbe.ProbeAsync(media.Path(name), cancellationToken: Media.Cancelled);

        public string Path(string name) => media.Path(name);

        /// <summary>One array a frame.</summary>
        public List<byte[]> Decoded(string name, int bytes) => [.. decoded[name].Chunk(bytes)];

        /// <summary>The planes that are to come of a source.</summary>
        /// <param name="hasAlpha">the decoder gives a fourth plane; whether it does so of WebM's alpha depends on its version</param>
        internal List<byte[]> Planes(Kept kept, bool hasAlpha = false)
        {
            var (width, height) = (kept.Size.Width, kept.Size.Height);
            var alpha = hasAlpha ? width * height : 0;
            return [.. Decoded(kept.Name, (width * height) + (2 * ((width + 1) / 2) * ((height + 1) / 2)) + alpha).Select(frame => Cut(frame, width, height))];
        }

        public void Dispose() => media.Dispose();
    }

    public static TheoryData<string> Names => [.. Sources.Select(source => source.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Planes_are_the_decoders_own(string name)
    {
        var kept = Sources.Single(source => source.Name == name);
        var info = await films.ProbeAsync(name);
        var planes = SourcePlanes.Of(info, kept.Even);
        Assert.Equal(kept.Colours, planes.Colours);
        Assert.Empty(planes.Changes);
        var read = await ReadAsync(info, kept.Even, info.AverageFrameRate!.Value);
        Assert.Equal(5, read.Count);
        AssertSame(films.Planes(kept, hasAlpha: info.PixelFormat == "yuva420p"), read);
    }

    [Fact]
    public async Task Planes_are_written_bit_for_bit_where_the_encoder_loses_nothing_and_tagged_as_what_they_are()
    {
        // Each kind of colours once, and what has a size or rate of its own. The short form leaves out colours of which each part is in another's.
        Kept[] all = [.. Sources.DistinctBy(source => (source.Colours, source.Rate, IsOdd: source.Size.Width % 2)).Where(source => LongForm.IsOn || source.Name is not ("bt601 in HD.mkv" or "full range.mp4"))];
        Assert.Equal(LongForm.IsOn ? 11 : 9, all.Length);
        foreach (var kept in all)
        {
            var rate = kept.Rate == "60000/1001" ? new FrameRate(60000, 1001) : new FrameRate(int.Parse(kept.Rate, CultureInfo.InvariantCulture), 1);
            await WriteAsync(kept.Name + ".mp4", kept.Even, rate, kept.Colours, films.Planes(kept), VideoQuality.Lossless, WriteMode.Fast);
            var copy = await MediaProbe.ProbeAsync(media.Path(kept.Name + ".mp4"), cancellationToken: Media.Cancelled);
            Assert.Equal((kept.Name, kept.Colours, rate), (kept.Name, SourcePlanes.Of(copy, kept.Even).Colours, copy.AverageFrameRate!.Value));
            // Tagged, not only taken for it.
            Assert.Equal(
                (kept.Name, kept.Colours.Matrix, kept.Colours.Primaries, kept.Colours.Transfer, kept.Colours.IsFullRange ? "pc" : "tv"),
                (kept.Name, copy.Colours.Matrix, copy.Colours.Primaries, copy.Colours.Transfer, copy.Colours.Range));
        }

        foreach (var (kept, copy) in all.Zip(Media.Decoded([.. all.Select(kept => media.Path(kept.Name + ".mp4"))])))
        {
            var planes = films.Planes(kept);
            AssertSame(planes, [.. copy.Chunk(planes[0].Length)]);
        }
    }

    [Theory]
    [InlineData(90, 0.5, 0)]
    [InlineData(180, 1, 0.5)]
    [InlineData(270, 0.5, 1)]
    public async Task A_turned_clips_planes_are_turned_and_chroma_moves_with_them(int clockwise, double chromaX, double chromaY)
    {
        var info = await MediaProbe.ProbeAsync(media.Turned(films.Path("flat.mp4"), clockwise, "turned.mp4"), cancellationToken: Media.Cancelled);
        Assert.Equal((360 - clockwise) % 360, info.Rotation);
        var size = new FrameSize(info.Width, info.Height);
        var planes = SourcePlanes.Of(info, size);
        Assert.Equal(Bt601 with { ChromaX = chromaX, ChromaY = chromaY }, planes.Colours);
        Assert.Equal(clockwise != 180, planes.Colours.HasTagForChroma);
        Assert.Empty(planes.Changes);
        var read = await ReadAsync(info, size, Rate);
        AssertSame(films.Decoded("flat.mp4", Width * Height * 3 / 2).Select(frame => Turn(frame, clockwise / 90)), read);

        await WriteAsync("copy.mp4", size, Rate, planes.Colours, read, VideoQuality.Lossless, WriteMode.Fast);
        AssertSame(read, Media.Decoded(media.Path("copy.mp4"), read[0].Length));
        Assert.Equal(clockwise switch { 90 => "top", 180 => "center", _ => "bottom" }, (await MediaProbe.ProbeAsync(media.Path("copy.mp4"), cancellationToken: Media.Cancelled)).Colours.ChromaLocation);
    }

    [Theory]
    [InlineData("hflip", "", 1, 0.5)]
    [InlineData("vflip", "", 0, 0.5)]
    [InlineData("transpose", "clock_flip", 0.5, 1)]
    [InlineData("transpose", "cclock_flip", 0.5, 0)]
    public void Chroma_moves_with_a_mirrored_picture(string filter, string value, double chromaX, double chromaY) =>
        Assert.Equal(Bt601 with { ChromaX = chromaX, ChromaY = chromaY }, Bt601.After([(filter, value)]));

    [Theory]
    [InlineData("yuv422p", "has chroma that is not halved both ways (yuv422p), and it is resampled")]
    [InlineData("yuv444p", "has chroma that is not halved both ways (yuv444p), and it is resampled")]
    [InlineData("gray", "has no colour (gray), and is given some")]
    public async Task Luma_is_kept_where_only_chroma_is_not(string format, string change)
    {
        var info = await films.ProbeAsync(format + ".mkv");
        var planes = SourcePlanes.Of(info, Size);
        Assert.Equal([change], planes.Changes);
        Assert.Equal("bt709", planes.Colours.Matrix);
        var luma = Width * Height;
        var bytes = luma * (format switch { "gray" => 1, "yuv422p" => 2, _ => 3 });
        var read = await ReadAsync(info, Size, Rate);
        AssertSame(films.Decoded(format + ".mkv", bytes).Select(frame => frame[..luma]), read.Select(frame => frame[..luma]));
        Assert.All(read, frame => Assert.Equal(format == "gray", frame.AsSpan(luma).IndexOfAnyExcept((byte)128) < 0));
    }

    [Fact]
    public async Task Ten_bits_are_dithered_once()
    {
        var info = await films.ProbeAsync("ten.mkv");
        var size = new FrameSize(256, 64);
        Assert.Equal(["has 10 bits, which are dithered to 8"], SourcePlanes.Of(info, size).Changes);
        var frame = Assert.Single(await ReadAsync(info, size, Rate));
        Assert.Equal(256 * 64 * 3 / 2, frame.Length);
        for (var x = 0; x < 256; x += 16)
        {
            var mean = Enumerable.Range(0, 64).SelectMany(y => Enumerable.Range(x, 16).Select(column => (double)frame[(y * 256) + column])).Average();
            var exact = Enumerable.Range(x, 16).Average(column => 400 + (column / 4)) / 4;
            Assert.Equal(exact, mean, 0.13);
        }

        Assert.Contains(Enumerable.Range(0, 255), x => frame[x] > frame[x + 1]);
    }

    [Fact]
    public async Task What_cannot_be_kept_says_why_and_is_converted_once_into_what_it_says()
    {
        MediaInfo rgb = await films.ProbeAsync("rgb.mkv"), wide = await films.ProbeAsync("smpte2084.mkv"), narrow = await films.ProbeAsync("narrow.mp4"), combed = await films.ProbeAsync("combed.mkv");

        Assert.Equal(["stores RGB (bgr0), which becomes BT.709 with halved chroma"], SourcePlanes.Of(rgb, new FrameSize(128, 96)).Changes);
        Assert.Equal(["is HDR, which is mapped to the standard range of BT.709"], SourcePlanes.Of(wide, new FrameSize(128, 96)).Changes);
        Assert.Equal(["has pixels that are not square, and is scaled to 256x96"], SourcePlanes.Of(narrow, new FrameSize(256, 96)).Changes);
        Assert.Equal(["has pixels that are not square, and is scaled to 128x48"], SourcePlanes.Of(narrow, new FrameSize(128, 48)).Changes);
        Assert.Equal(["is interlaced, and its fields become frames"], SourcePlanes.Of(combed, new FrameSize(128, 96)).Changes);
        Assert.Equal(["is scaled from 128x96 to 64x48", "is interlaced, and its fields become frames"], SourcePlanes.Of(combed, new FrameSize(64, 48)).Changes);

        // 200, 50, 20 by BT.709: 16 + 219 * luma, 128 + 224 * difference.
        foreach (var (info, size) in new[] { (rgb, new FrameSize(128, 96)), (narrow, new FrameSize(64, 24)) })
        {
            var frame = (await ReadAsync(info, size, Rate))[0];
            var (luma, chroma) = ((int)size.Pixels, (int)size.Pixels / 4);
            Assert.Equal(luma + (2 * chroma), frame.Length);
            Assert.InRange(frame[luma / 2], 84 - 2, 84 + 2);
            Assert.InRange(frame[luma + (chroma / 2)], 100 - 2, 100 + 2);
            Assert.InRange(frame[luma + chroma + (chroma / 2)], 195 - 2, 195 + 2);
        }
    }

    public static TheoryData<string> WideGamuts => [.. WideTransfers];

    [Theory]
    [MemberData(nameof(WideGamuts))]
    public async Task A_wide_gamut_comes_to_the_same_colours_in_planes_as_in_RGB(string transfer)
    {
        var info = await films.ProbeAsync(transfer + ".mkv");
        var planes = (await ReadAsync(info, new FrameSize(128, 96), Rate))[0];
        var shown = (await Media.ReadAllAsync(info, 24))[0];
        foreach (var x in new[] { 20, 100 })
        {
            var (r, g, b) = (Media.Pixel(shown, x, 40)[0], Media.Pixel(shown, x, 40)[1], Media.Pixel(shown, x, 40)[2]);
            var luma = (0.2126 * r) + (0.7152 * g) + (0.0722 * b);
            var chroma = (128 * 96) + (20 * 64) + (x / 2);
            Assert.Equal(16 + (219 / 255.0 * luma), planes[(40 * 128) + x], 1.2);
            Assert.Equal(128 + (224 / 255.0 * (b - luma) / 1.8556), planes[chroma], 1.2);
            Assert.Equal(128 + (224 / 255.0 * (r - luma) / 1.5748), planes[chroma + (64 * 48)], 1.2);
        }
    }

    [Fact]
    public async Task Planes_of_odd_sides_are_not_to_be_had()
    {
        var info = await films.ProbeAsync("flat.mp4");
        await Assert.ThrowsAsync<ArgumentException>(() => ReadAsync(info, new FrameSize(65, 64), Rate));
    }

    [Fact]
    public async Task What_is_written_is_ffmpegs_own_encode_of_those_very_planes()
    {
        var size = new FrameSize(256, 160);
        var planes = films.Decoded("chart.mkv", 256 * 160 * 3 / 2);
        media.MakeAll(Encodes.Select(encode => new Film($"theirs {encode.Mode}.mp4", ["-i", films.Path("chart.mkv")], ["-c:v", "libx264", "-crf", encode.Crf, "-preset", encode.Preset])));
        foreach (var (quality, mode, _, _, search) in Encodes)
        {
            var path = media.Path($"ours {mode}.mp4");
            await WriteAsync($"ours {mode}.mp4", size, Rate, Bt601, planes, quality, mode);
            // x264 writes its settings into the stream: these are the preset's.
            Assert.Contains(search, System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(path, Media.Cancelled)), StringComparison.Ordinal);
        }

        var decoded = Media.Decoded([.. Encodes.SelectMany(encode => new[] { media.Path($"ours {encode.Mode}.mp4"), media.Path($"theirs {encode.Mode}.mp4") })]);
        Assert.All(Encodes.Index(), pair =>
        {
            var (ours, theirs) = (Psnr(planes, [.. decoded[2 * pair.Index].Chunk(planes[0].Length)]), Psnr(planes, [.. decoded[(2 * pair.Index) + 1].Chunk(planes[0].Length)]));
            TestContext.Current.TestOutputHelper!.WriteLine(FormattableString.Invariant($"{pair.Item.Quality} {pair.Item.Mode}: {ours:0.000} dB, ffmpeg {theirs:0.000} dB"));
            Assert.Equal(theirs, ours, 0.05);
        });
    }

    private static double Psnr(List<byte[]> before, List<byte[]> after)
    {
        Assert.Equal(before.Count, after.Count);
        var sum = before.Zip(after).Sum(pair => pair.First.Zip(pair.Second).Sum(bytes => Math.Pow(bytes.First - bytes.Second, 2)));
        return 10 * Math.Log10(255.0 * 255 * before.Sum(frame => frame.Length) / sum);
    }

    private static async Task<List<byte[]>> ReadAsync(MediaInfo info, FrameSize size, FrameRate rate) =>
        await VideoReader.ReadAsync(info, new VideoReadOptions { Size = size, FramesPerSecond = rate, Pixels = FramePixels.Yuv420 }, Media.Cancelled)
            .Select(frame => frame.Pixels.ToArray()).ToListAsync(Media.Cancelled);

    private Task WriteAsync(string name, FrameSize size, FrameRate rate, PlaneColours colours, List<byte[]> frames, VideoQuality quality, WriteMode mode) => VideoWriter.WriteAsync(
        media.Path(name), new VideoWriteOptions { Size = size, FramesPerSecond = rate, Planes = colours, Quality = quality, Mode = mode }, Media.Stream(frames), cancellationToken: Media.Cancelled);

    // Not by Assert.Equal of frames: its message would hold them.
    private static void AssertSame(IEnumerable<byte[]> expected, IEnumerable<byte[]> actual)
    {
        Assert.Equal(expected.Count(), actual.Count());
        Assert.All(expected.Zip(actual).Index(), pair => Assert.True(
            pair.Item.First.AsSpan().SequenceEqual(pair.Item.Second), $"Frame {pair.Index} differs in {pair.Item.First.Zip(pair.Item.Second).Count(bytes => bytes.First != bytes.Second)} bytes."));
    }

    // To even sides: the last row and column of luma go, and the chroma that only they had.
    private static byte[] Cut(byte[] frame, int width, int height)
    {
        var (even, lines, wide, tall) = (width & ~1, height & ~1, (width + 1) / 2, (height + 1) / 2);
        return [.. Plane(0, width, even, lines), .. Plane(width * height, wide, even / 2, lines / 2), .. Plane((width * height) + (wide * tall), wide, even / 2, lines / 2)];

        IEnumerable<byte> Plane(int start, int stride, int columns, int rows) => Enumerable.Range(0, rows).SelectMany(y => frame[(start + (y * stride))..(start + (y * stride) + columns)]);
    }

    private static byte[] Turn(byte[] frame, int quarters)
    {
        var luma = Width * Height;
        return [.. Plane(frame[..luma], Width), .. Plane(frame[luma..(luma * 5 / 4)], Width / 2), .. Plane(frame[(luma * 5 / 4)..], Width / 2)];

        byte[] Plane(byte[] plane, int width)
        {
            for (var turn = 0; turn < quarters; turn++)
            {
                var height = plane.Length / width;
                var turned = new byte[plane.Length];
                for (var i = 0; i < plane.Length; i++)
                {
                    // The top row becomes the right column.
                    turned[(i % width * height) + (height - 1 - (i / width))] = plane[i];
                }

                (plane, width) = (turned, height);
            }

            return plane;
        }
    }
}
