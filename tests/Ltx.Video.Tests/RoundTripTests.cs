namespace Ltx.Video.Tests;

public sealed class RoundTripTests : IDisposable
{
    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    private static byte[][] Noise(FrameSize size, int count)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var pixels = new byte[size.Pixels * 3];
            random.NextBytes(pixels);
            return pixels;
        })];
    }

    /// <summary>Colours that change slowly over the picture, so that the halved chroma of 4:2:0 loses little.</summary>
    private static byte[] Smooth(FrameSize size, int phase)
    {
        var pixels = new byte[size.Pixels * 3];
        for (var y = 0; y < size.Height; y++)
        {
            for (var x = 0; x < size.Width; x++)
            {
                var at = ((y * size.Width) + x) * 3;
                pixels[at] = (byte)(128 + (110 * Math.Sin((x + phase) / 40.0)));
                pixels[at + 1] = (byte)(128 + (110 * Math.Sin((y + phase) / 30.0)));
                pixels[at + 2] = (byte)(128 + (110 * Math.Cos((x + y) / 50.0)));
            }
        }

        return pixels;
    }

    private static double Psnr(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }

        return 10 * Math.Log10(255.0 * 255.0 / (sum / a.Length));
    }

    [Fact]
    public async Task Colours_survive_h264_and_better_quality_keeps_more_in_a_larger_file()
    {
        var size = new FrameSize(256, 192);
        var frames = Enumerable.Range(0, 6).Select(i => Smooth(size, i * 3)).ToArray();
        var sizes = new List<long>();
        foreach (var (quality, atLeast) in new[] { (VideoQuality.Low, 33.0), (VideoQuality.Medium, 36), (VideoQuality.High, 40), (VideoQuality.Maximum, 42) })
        {
            var options = new VideoWriteOptions { Size = size, FramesPerSecond = new(24, 1), Quality = quality };
            await VideoWriter.WriteAsync(media.Path("a.mp4"), options, Media.Stream(frames), cancellationToken: Media.Cancelled);
            sizes.Add(new FileInfo(media.Path("a.mp4")).Length);
            var read = await Media.ReadAllAsync(media.Path("a.mp4"), 24);
            var psnr = frames.Zip(read).Min(pair => Psnr(pair.First, pair.Second.Pixels.Span));
            TestContext.Current.TestOutputHelper!.WriteLine($"{quality}: {psnr:0.00} dB, {sizes[^1]} bytes");
            Assert.InRange(psnr, atLeast, 99);
        }

        Assert.Equal(sizes.Order(), sizes);
        Assert.Equal(4, sizes.Distinct().Count());
    }

    [Fact]
    public async Task Flat_colours_are_kept_to_three_levels()
    {
        byte[][] colours = [[255, 255, 255], [0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [102, 255, 0]];
        // Side by side, each 64 pixels wide.
        var size = new FrameSize(64 * colours.Length, 64);
        byte[] frame = [.. Enumerable.Range(0, (int)size.Pixels).SelectMany(i => colours[i % size.Width / 64])];
        var options = new VideoWriteOptions { Size = size, FramesPerSecond = new(24, 1), Quality = VideoQuality.Maximum, Mode = WriteMode.Fast };
        await VideoWriter.WriteAsync(media.Path("a.mp4"), options, Media.Stream([frame, frame]), cancellationToken: Media.Cancelled);
        var read = await Media.ReadAllAsync(media.Path("a.mp4"), 24);
        Assert.All(colours.Index(), colour => Assert.All(
            Media.Pixel(read[1], (64 * colour.Index) + 31, 33).Zip(colour.Item), pair => Assert.InRange(pair.First - pair.Second, -3, 3)));
    }

    [Fact]
    public async Task A_png_holds_the_frames_side_by_side()
    {
        var size = new FrameSize(50, 31);
        var frames = Noise(size, 3);
        await PngWriter.WriteAsync(media.Path("a%d.png"), size, [frames[0], frames[1], frames[2]], cancellationToken: Media.Cancelled);
        var info = await MediaProbe.ProbeAsync(media.Path("a%d.png"), cancellationToken: Media.Cancelled);
        Assert.Equal((150, 31, MediaKind.StillImage), (info.Width, info.Height, info.Kind));
        var read = Assert.Single(await Media.ReadAllAsync(info, 24, new FrameSize(150, 31)));
        Assert.Equal(frames[1].AsSpan(30 * 150, 150).ToArray(), read.Pixels.Slice(((30 * 150) + 50) * 3, 150).ToArray());
        Assert.Equal(frames[2].AsSpan(0, 150).ToArray(), read.Pixels.Slice(300, 150).ToArray());
        Assert.Equal(["a%d.png"], media.Names());
    }
}
