namespace Ltx.Video.Tests;

public sealed class InterlacedTests : IDisposable
{
    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    // A bar that moves by 8 pixels a field: woven together, two fields are a comb.
    private const string Bar = "color=black:s=128x96:r=50,format=gray,geq=lum='if(between(X-8*N\\,0\\,23)\\,235\\,16)',format=yuv420p";

    public static TheoryData<string, string, string[]> Interlaced => new()
    {
        { "a.mp4", "lowpass=off:scan=tff", ["-c:v", "libx264", "-crf", "1", "-flags", "+ilme+ildct", "-top", "1"] },
        { "b.mp4", "lowpass=off:scan=bff", ["-c:v", "libx264", "-crf", "1", "-flags", "+ilme+ildct", "-top", "0"] },
        { "c.mpg", "lowpass=off:scan=tff", ["-c:v", "mpeg2video", "-q:v", "1", "-flags", "+ilme+ildct", "-top", "1"] },
    };

    [Theory]
    [MemberData(nameof(Interlaced))]
    public async Task Two_fields_become_frames_without_a_comb(string name, string interlace, string[] codec)
    {
        var info = await MediaProbe.ProbeAsync(Make(name, interlace, codec), cancellationToken: Media.Cancelled);
        Assert.True(info.IsInterlaced);
        foreach (var (rate, count) in new[] { (25.0, 12), (50, 24), (24, 12) })
        {
            var frames = await Media.ReadAllAsync(info, rate, pixels: FramePixels.Gray8);
            // The last field may be rounded away or repeated.
            Assert.InRange(frames.Count, count - 1, count + 1);
            // The first frames have no neighbours to tell motion from.
            Assert.All(frames.Skip(2).SkipLast(2), frame => Assert.InRange(Comb(frame), 0, 10));
        }

        // One frame for each time of the field that it is of.
        var fields = await Media.ReadAllAsync(info, 50, pixels: FramePixels.Gray8);
        for (var i = 2; i < 8; i++)
        {
            Assert.InRange(Middle(fields[i + 1]) - Middle(fields[i]), 6, 10);
        }
    }

    [Fact]
    public async Task A_video_that_is_only_marked_so_is_read_as_it_is()
    {
        string[] codec = ["-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p"];
        var plain = media.Make("plain.mkv", ["-f", "lavfi", "-i", Bar, "-frames:v", "8", .. codec]);
        var marked = media.Make("marked.mkv", ["-f", "lavfi", "-i", Bar, "-frames:v", "8", .. codec, "-field_order", "tt"]);
        var (before, after) = (await Media.ReadAllAsync(plain, 50), await Media.ReadAllAsync(marked, 50));
        Assert.Equal(before.Count, after.Count);
        Assert.All(before.Zip(after), pair => Assert.True(pair.First.Pixels.Span.SequenceEqual(pair.Second.Pixels.Span)));
    }

    [Fact]
    public async Task Progressive_video_is_not_called_interlaced() =>
        Assert.False((await MediaProbe.ProbeAsync(media.Make("a.mp4", "-f", "lavfi", "-i", Bar, "-frames:v", "8"), cancellationToken: Media.Cancelled)).IsInterlaced);

    private string Make(string name, string interlace, string[] codec) =>
        media.Make(name, ["-f", "lavfi", "-i", $"{Bar},interlace={interlace}", "-frames:v", "12", .. codec, "-pix_fmt", "yuv420p"]);

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
