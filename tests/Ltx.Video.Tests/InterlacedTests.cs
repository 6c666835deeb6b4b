namespace Ltx.Video.Tests;

public sealed class InterlacedTests(InterlacedTests.Films films) : IClassFixture<InterlacedTests.Films>
{
    // A bar that moves by 8 pixels a field: woven together, two fields are a comb.
    private const string Bar = "color=black:s=128x96:r=50:d=0.48,format=gray,geq=lum='if(between(X-8*N\\,0\\,23)\\,235\\,16)',format=yuv420p";

    private static readonly Film[] Interlaced =
    [
        Combed("a.mp4", "tff", "-c:v", "libx264", "-crf", "1", "-flags", "+ilme+ildct", "-top", "1"),
        Combed("b.mp4", "bff", "-c:v", "libx264", "-crf", "1", "-flags", "+ilme+ildct", "-top", "0"),
        Combed("c.mpg", "tff", "-c:v", "mpeg2video", "-q:v", "1", "-flags", "+ilme+ildct", "-top", "1"),
    ];

    public static TheoryData<string> Names => [.. Interlaced.Select(film => film.Name)];

    /// <summary>All films of these tests.</summary>
    public sealed class Films : IDisposable
    {
        private readonly Media media = new();

        public Films()
        {
            string[] lossless = ["-frames:v", "8", "-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p"];
            media.MakeAll([.. Interlaced, Film.Drawn("plain.mkv", Bar, lossless), Film.Drawn("marked.mkv", Bar, [.. lossless, "-field_order", "tt"])]);
        }

        public Task<MediaInfo> ProbeAsync(string name) => MediaProbe.ProbeAsync(media.Path(name), cancellationToken: Media.Cancelled);

        public void Dispose() => media.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Two_fields_become_frames_without_a_comb(string name)
    {
        var info = await films.ProbeAsync(name);
        Assert.True(info.IsInterlaced);
        List<VideoFrame> fields = [];
        foreach (var (rate, count) in new[] { (25.0, 12), (24, 12), (50, 24) })
        {
            var frames = await Media.ReadAllAsync(info, rate, pixels: FramePixels.Gray8);
            // The last field may be rounded away or repeated.
            Assert.InRange(frames.Count, count - 1, count + 1);
            // The first frames have no neighbours to tell motion from.
            Assert.All(frames.Skip(2).SkipLast(2), frame => Assert.InRange(Comb(frame), 0, 10));
            fields = frames;
        }

        // At the last rate, one frame for each time of the field that it is of.
        for (var i = 2; i < 8; i++)
        {
            Assert.InRange(Middle(fields[i + 1]) - Middle(fields[i]), 6, 10);
        }
    }

    [Fact]
    public async Task A_video_that_is_only_marked_so_is_read_as_it_is()
    {
        MediaInfo plain = await films.ProbeAsync("plain.mkv"), marked = await films.ProbeAsync("marked.mkv");
        Assert.Equal((false, true), (plain.IsInterlaced, marked.IsInterlaced));
        var (before, after) = (await Media.ReadAllAsync(plain, 50), await Media.ReadAllAsync(marked, 50));
        Assert.Equal(before.Count, after.Count);
        Assert.All(before.Zip(after), pair => Assert.True(pair.First.Pixels.Span.SequenceEqual(pair.Second.Pixels.Span)));
    }

    private static Film Combed(string name, string scan, params string[] encoding) =>
        Film.Drawn(name, $"{Bar},interlace=lowpass=off:scan={scan}", [.. encoding, "-pix_fmt", "yuv420p"]);

    /// <summary>The mean difference of a row from the mean of its neighbours: of a vertical bar none, of a comb much.</summary>
    private static double Comb(VideoFrame frame)
    {
        var pixels = frame.Pixels.Span;
        var (width, sum) = (frame.Size.Width, 0.0);
        for (var at = width; at < pixels.Length - width; at++)
        {
            sum += Math.Abs(pixels[at] - ((pixels[at - width] + pixels[at + width]) / 2.0));
        }

        return sum / pixels.Length;
    }

    /// <summary>Where the bar is.</summary>
    private static double Middle(VideoFrame frame)
    {
        var pixels = frame.Pixels.Span;
        var (width, sum, weight) = (frame.Size.Width, 0.0, 0);
        for (var at = 0; at < pixels.Length; at++)
        {
            if (pixels[at] > 127)
            {
                (sum, weight) = (sum + (at % width), weight + 1);
            }
        }

        return sum / weight;
    }
}
