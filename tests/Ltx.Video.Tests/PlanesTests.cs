using System.Globalization;

namespace Ltx.Video.Tests;

/// <summary>The decoder's own numbers, all the way: read, said what they are, and written.</summary>
public sealed class PlanesTests : IDisposable
{
    private const int Width = 128, Height = 96;

    private static readonly FrameRate Rate = new(24, 1);

    private static readonly PlaneColours Bt601 = new("smpte170m", "smpte170m", "smpte170m", IsFullRange: false, ChromaX: 0, ChromaY: 0.5);

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    /// <summary>A file's name, its size and rate, what is written into it, and what it is to be taken for.</summary>
    public sealed record Kept(string Name, PlaneColours Colours, string[] Encoding)
    {
        public FrameSize Size { get; init; } = new(Width, Height);

        public string Rate { get; init; } = "24";

        public override string ToString() => Name;
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
        new("mpeg1.mpg", Bt601 with { ChromaX = 0.5 }, ["-c:v", "mpeg1video", "-q:v", "2", "-pix_fmt", "yuv420p"]),
        new("alpha.webm", Bt601, ["-vf", "format=yuva420p", "-c:v", "libvpx", "-pix_fmt", "yuva420p", "-auto-alt-ref", "0", "-deadline", "realtime"]),
        new("odd.mkv", Bt601, ["-vf", "crop=127:95:0:0:exact=1", "-c:v", "ffv1", "-pix_fmt", "yuv420p"]) { Size = new(127, 95) },
        new("59.94.mov", Bt601, ["-c:v", "libx264", "-pix_fmt", "yuv420p"]) { Rate = "60000/1001" },
        new("top left.mp4", Bt601 with { ChromaX = 0, ChromaY = 0 }, ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-x264-params", "chromaloc=2"]),
    ];

    public static TheoryData<string> Names => [.. Sources.Select(source => source.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Planes_are_the_decoders_own_and_are_written_and_tagged_as_such(string name)
    {
        var kept = Sources.Single(source => source.Name == name);
        var (width, height) = (kept.Size.Width, kept.Size.Height);
        // Drawn with even sides; an odd file cuts it itself.
        var path = media.Make(
            kept.Name,
            ["-f", "lavfi", "-i", $"testsrc2=s={(width + 1) & ~1}x{(height + 1) & ~1}:r={(name == "mpeg1.mpg" ? "25" : kept.Rate)}", "-frames:v", "5", .. kept.Encoding]);
        var info = await MediaProbe.ProbeAsync(path, cancellationToken: Media.Cancelled);
        var size = new FrameSize(width & ~1, height & ~1);
        var planes = SourcePlanes.Of(info, size);
        Assert.Equal(kept.Colours, planes.Colours);
        Assert.Empty(planes.Changes);

        var rate = info.AverageFrameRate!.Value;
        var read = await ReadAsync(info, size, rate);
        var alpha = info.PixelFormat == "yuva420p" ? width * height : 0;
        var decoded = Media.Decoded(path, (width * height) + (2 * ((width + 1) / 2) * ((height + 1) / 2)) + alpha);
        Assert.Equal(5, read.Count);
        AssertSame(decoded.Select(frame => Cut(frame, width, height)), read);

        // And through the encoder, where that loses nothing.
        await WriteAsync("copy.mp4", size, rate, planes.Colours, read, VideoQuality.Lossless, WriteMode.Fast);
        AssertSame(read, Media.Decoded(media.Path("copy.mp4"), read[0].Length));
        var copy = await MediaProbe.ProbeAsync(media.Path("copy.mp4"), cancellationToken: Media.Cancelled);
        Assert.Equal(planes.Colours, SourcePlanes.Of(copy, size).Colours);
        var tags = Media.Tell(copy.Path, "v:0");
        Assert.Equal(
            (kept.Colours.Matrix, kept.Colours.Primaries, kept.Colours.Transfer, kept.Colours.IsFullRange ? "pc" : "tv"),
            (tags["color_space"], tags["color_primaries"], tags["color_transfer"], tags["color_range"]));
    }

    [Theory]
    [InlineData(90, 0.5, 0)]
    [InlineData(180, 1, 0.5)]
    [InlineData(270, 0.5, 1)]
    public async Task A_turned_clips_planes_are_turned_and_chroma_moves_with_them(int clockwise, double chromaX, double chromaY)
    {
        var flat = media.Make("flat.mp4", "-f", "lavfi", "-i", $"testsrc2=s={Width}x{Height}:r=24", "-frames:v", "3", "-c:v", "libx264", "-pix_fmt", "yuv420p");
        var path = Turned(flat, clockwise);
        var info = await MediaProbe.ProbeAsync(path, cancellationToken: Media.Cancelled);
        Assert.Equal((360 - clockwise) % 360, info.Rotation);
        var size = new FrameSize(info.Width, info.Height);
        var planes = SourcePlanes.Of(info, size);
        Assert.Equal(Bt601 with { ChromaX = chromaX, ChromaY = chromaY }, planes.Colours);
        Assert.Equal(clockwise != 180, planes.Colours.HasTagForChroma);
        Assert.Empty(planes.Changes);
        var read = await ReadAsync(info, size, Rate);
        AssertSame(Media.Decoded(path, Width * Height * 3 / 2).Select(frame => Turn(frame, clockwise / 90)), read);

        await WriteAsync("copy.mp4", size, Rate, planes.Colours, read, VideoQuality.Lossless, WriteMode.Fast);
        AssertSame(read, Media.Decoded(media.Path("copy.mp4"), read[0].Length));
        Assert.Equal(clockwise switch { 90 => "top", 180 => "center", _ => "bottom" }, Media.Tell(media.Path("copy.mp4"), "v:0")["chroma_location"]);
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
        var path = media.Make("a.mkv", "-f", "lavfi", "-i", $"testsrc2=s={Width}x{Height}:r=24", "-frames:v", "2", "-c:v", "ffv1", "-pix_fmt", format, "-colorspace", "bt709");
        var info = await MediaProbe.ProbeAsync(path, cancellationToken: Media.Cancelled);
        var size = new FrameSize(Width, Height);
        var planes = SourcePlanes.Of(info, size);
        Assert.Equal([change], planes.Changes);
        Assert.Equal("bt709", planes.Colours.Matrix);
        var luma = Width * Height;
        var bytes = luma * (format switch { "gray" => 1, "yuv422p" => 2, _ => 3 });
        var read = await ReadAsync(info, size, Rate);
        AssertSame(Media.Decoded(path, bytes).Select(frame => frame[..luma]), read.Select(frame => frame[..luma]));
        Assert.All(read, frame => Assert.Equal(format == "gray", frame.AsSpan(luma).IndexOfAnyExcept((byte)128) < 0));
    }

    [Fact]
    public async Task Ten_bits_are_dithered_once()
    {
        // A slope so gentle that eight bits have steps of 16 columns: only dithering keeps the mean between them.
        var path = media.Make(
            "ten.mkv", "-f", "lavfi", "-i", "nullsrc=s=256x64:r=24,format=yuv420p10le,geq=lum='400+X/4':cb='500+X/8':cr=512", "-frames:v", "1", "-c:v", "ffv1", "-colorspace", "bt709");
        var info = await MediaProbe.ProbeAsync(path, cancellationToken: Media.Cancelled);
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
        const string Red = "color=0xC83214:s=128x96:r=24:d=0.1,format=gbrp";
        var rgb = media.Make("rgb.mkv", "-f", "lavfi", "-i", Red, "-c:v", "ffv1");
        var wide = media.Make(
            "wide.mkv", "-f", "lavfi", "-i", "nullsrc=s=128x96:r=24:d=0.1,format=yuv420p10le,geq=lum=502:cb=512:cr=512",
            "-c:v", "ffv1", "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc", "-color_range", "tv");
        var narrow = media.Make("narrow.mp4", "-f", "lavfi", "-i", Red, "-vf", "scale=out_color_matrix=bt709:out_range=tv,setsar=2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-colorspace", "bt709");
        var combed = media.Make("combed.mkv", "-f", "lavfi", "-i", Red, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-flags", "+ilme+ildct", "-vf", "setfield=tff");

        Assert.Equal(["stores RGB (bgr0), which becomes BT.709 with halved chroma"], (await OfAsync(rgb, 128, 96)).Changes);
        Assert.Equal(["is HDR, which is mapped to the standard range of BT.709"], (await OfAsync(wide, 128, 96)).Changes);
        Assert.Equal(["has pixels that are not square, and is scaled to 256x96"], (await OfAsync(narrow, 256, 96)).Changes);
        Assert.Equal(["has pixels that are not square, and is scaled to 128x48"], (await OfAsync(narrow, 128, 48)).Changes);
        Assert.Equal(["is interlaced, and its fields become frames"], (await OfAsync(combed, 128, 96)).Changes);
        Assert.Equal(["is scaled from 128x96 to 64x48", "is interlaced, and its fields become frames"], (await OfAsync(combed, 64, 48)).Changes);

        // 200, 50, 20 by BT.709: 16 + 219 * luma, 128 + 224 * difference.
        foreach (var (path, size) in new[] { (rgb, new FrameSize(128, 96)), (narrow, new FrameSize(64, 24)) })
        {
            var frame = (await ReadAsync(await MediaProbe.ProbeAsync(path, cancellationToken: Media.Cancelled), size, Rate))[0];
            var (luma, chroma) = ((int)size.Pixels, (int)size.Pixels / 4);
            Assert.Equal(luma + (2 * chroma), frame.Length);
            Assert.InRange(frame[luma / 2], 84 - 2, 84 + 2);
            Assert.InRange(frame[luma + (chroma / 2)], 100 - 2, 100 + 2);
            Assert.InRange(frame[luma + chroma + (chroma / 2)], 195 - 2, 195 + 2);
        }
    }

    [Theory]
    [InlineData("smpte2084")]
    [InlineData("bt2020-10")]
    public async Task A_wide_gamut_comes_to_the_same_colours_in_planes_as_in_RGB(string transfer)
    {
        var path = media.Make(
            "wide.mkv", "-f", "lavfi", "-i", "nullsrc=s=128x96:r=24:d=0.1,format=yuv420p10le,geq=lum='if(lt(X,64),480,560)':cb='if(lt(X,32),512,470)':cr='if(lt(X,32),512,590)'",
            "-c:v", "ffv1", "-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc", "-color_range", "tv");
        var info = await MediaProbe.ProbeAsync(path, cancellationToken: Media.Cancelled);
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
        var info = await MediaProbe.ProbeAsync(media.Make("a.mkv", "-f", "lavfi", "-i", "testsrc2=s=66x64:r=24:d=0.1"), cancellationToken: Media.Cancelled);
        await Assert.ThrowsAsync<ArgumentException>(() => ReadAsync(info, new FrameSize(65, 64), Rate));
    }

    [Theory]
    [InlineData(VideoQuality.High, WriteMode.Balanced, "18", "medium")]
    [InlineData(VideoQuality.Maximum, WriteMode.Small, "12", "veryslow")]
    [InlineData(VideoQuality.Low, WriteMode.Fast, "28", "superfast")]
    public async Task What_is_written_is_ffmpegs_own_encode_of_those_very_planes(VideoQuality quality, WriteMode mode, string crf, string preset)
    {
        var size = new FrameSize(256, 160);
        var source = media.Make("chart.mkv", "-f", "lavfi", "-i", "testsrc2=s=256x160:r=24", "-frames:v", "12", "-c:v", "ffv1", "-pix_fmt", "yuv420p");
        var planes = Media.Decoded(source, 256 * 160 * 3 / 2);
        await WriteAsync("ours.mp4", size, Rate, Bt601, planes, quality, mode);
        media.MakeOf("theirs.mp4", planes, "yuv420p", size, Rate, "-c:v", "libx264", "-crf", crf, "-preset", preset);
        var (ours, theirs) = (Psnr(planes, Media.Decoded(media.Path("ours.mp4"), planes[0].Length)), Psnr(planes, Media.Decoded(media.Path("theirs.mp4"), planes[0].Length)));
        TestContext.Current.TestOutputHelper!.WriteLine(FormattableString.Invariant($"{quality} {mode}: {ours:0.000} dB, ffmpeg {theirs:0.000} dB"));
        Assert.Equal(theirs, ours, 0.05);
    }

    private static double Psnr(List<byte[]> before, List<byte[]> after)
    {
        Assert.Equal(before.Count, after.Count);
        var sum = before.Zip(after).Sum(pair => pair.First.Zip(pair.Second).Sum(bytes => Math.Pow(bytes.First - bytes.Second, 2)));
        return 10 * Math.Log10(255.0 * 255 * before.Sum(frame => frame.Length) / sum);
    }

    private async Task<SourcePlanes> OfAsync(string path, int width, int height) =>
        SourcePlanes.Of(await MediaProbe.ProbeAsync(path, cancellationToken: Media.Cancelled), new FrameSize(width, height));

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

    // ffmpeg 5.1 writes the old tag as a display matrix, later ones have an input option for it.
    private string Turned(string flat, int clockwise)
    {
        var path = media.Make("turned.mp4", "-i", flat, "-c", "copy", "-metadata:s:v:0", FormattableString.Invariant($"rotate={(360 - clockwise) % 360}"));
        if (!Media.Tell(path, "v:0").ContainsKey("rotation"))
        {
            path = media.Make("turned.mp4", "-display_rotation", FormattableString.Invariant($"{-clockwise}"), "-i", flat, "-c", "copy");
        }

        var told = (int)((360 - double.Parse(Media.Tell(path, "v:0")["rotation"], CultureInfo.InvariantCulture)) % 360);
        return told == clockwise ? path : media.Make("turned again.mp4", "-i", flat, "-c", "copy", "-metadata:s:v:0", FormattableString.Invariant($"rotate={clockwise}"));
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
