namespace Ltx.Video.Tests;

/// <summary>Masks that draw with their transparency, and masks without white.</summary>
public sealed class MaskTests : IDisposable
{
    // White everywhere; the alpha draws a box.
    private const string WhiteWithAlpha = "color=white:s=64x64:r=24:d=0.125,format=rgba,geq=r=255:g=255:b=255:a='255*between(X,16,47)*between(Y,16,47)'";

    // A box of opaque white; all else is clear black.
    private const string StrokesOnNothing =
        "color=black:s=64x64:r=24:d=0.125,format=rgba,geq=r='255*between(X,16,47)*between(Y,16,47)':g='255*between(X,16,47)*between(Y,16,47)':"
        + "b='255*between(X,16,47)*between(Y,16,47)':a='255*between(X,16,47)*between(Y,16,47)'";

    private const string OpaqueBox = "color=black:s=64x64:r=24:d=0.125,format=rgba,drawbox=16:16:32:32:white:fill";

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    private static Task<MediaInfo> ProbeAsync(string path) => MediaProbe.ProbeAsync(path, role: "the mask", cancellationToken: Media.Cancelled);

    private static VideoReadOptions Options(int side = 64) => new() { Size = new(side, side), FramesPerSecond = new(24, 1), MaxFrames = 9 };

    private static async Task<string> CheckAsync(string path)
    {
        try
        {
            await MaskAlpha.CheckAsync(await ProbeAsync(path), Options(), Media.Cancelled);
            return "";
        }
        catch (MediaException refused)
        {
            Assert.Equal((MediaFault.Input, MediaProblem.Content), (refused.Fault, refused.Problem));
            return refused.Message;
        }
    }

    private static async Task<MaskFrames> ReadAsync(string path) => await MaskReader.ReadAsync(await ProbeAsync(path), Options(), Media.Cancelled);

    public static TheoryData<string, string> Files => new()
    {
        { "m.png", "-frames:v 1" },
        { "m.tiff", "-frames:v 1" },
        { "prores.mov", "-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le" },
        { "animation.mov", "-c:v qtrle -pix_fmt argb" },
        { "m.apng", "-f apng -plays 0" },
        { "vp9.webm", "-c:v libvpx-vp9 -pix_fmt yuva420p -deadline realtime" },
        { "vp8.webm", "-c:v libvpx -pix_fmt yuva420p -auto-alt-ref 0 -deadline realtime" },
        { "ffv1.mkv", "-c:v ffv1 -pix_fmt bgra" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public async Task A_mask_drawn_in_its_alpha_is_refused_whatever_it_is_stored_in(string name, string codec)
    {
        var path = media.Make(name, ["-f", "lavfi", "-i", WhiteWithAlpha, .. codec.Split(' ')]);
        Assert.Equal(
            "The mask draws with its transparency, which can be read in two ways; draw white on black instead, both opaque, white where the video is to change.", await CheckAsync(path));
        // Where the alpha says what the brightness says, or nothing, there is one reading.
        if (name is "vp9.webm" or "m.png")
        {
            foreach (var drawing in new[] { StrokesOnNothing, OpaqueBox })
            {
                var fine = media.Make("fine-" + name, ["-f", "lavfi", "-i", drawing, .. codec.Split(' ')]);
                Assert.True((await ProbeAsync(fine)).HasAlpha);
                Assert.Empty(await CheckAsync(fine));
                Assert.Equal((255, 0), ((await ReadAsync(fine)).Frames[0][(32 * 64) + 32] is > 250 ? 255 : 0, (await ReadAsync(fine)).Frames[0][0] is < 5 ? 0 : 255));
            }
        }
    }

    [Fact]
    public async Task A_gif_drawn_in_its_transparent_colour_is_refused()
    {
        var path = media.Make(
            "m.gif", "-f", "lavfi", "-i", WhiteWithAlpha, "-filter_complex", "split[a][b];[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse=alpha_threshold=128");
        Assert.StartsWith("The mask draws with its transparency", await CheckAsync(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("format=rgba,geq=r=255:g=255:b=255:a=128", false)]
    [InlineData("format=rgba,geq=r=0:g=0:b=0:a='255*between(X,16,47)'", true)]
    [InlineData("format=rgba,geq=r='X*4':g='X*4':b='X*4':a='if(gt(Y,40),0,255)'", true)]
    [InlineData("format=rgb24", false)]
    public async Task An_alpha_that_says_the_same_everywhere_says_nothing(string drawing, bool refused)
    {
        var path = media.Make("m.png", "-f", "lavfi", "-i", "color=white:s=64x64," + drawing, "-frames:v", "1");
        Assert.Equal(refused, (await CheckAsync(path)).Length > 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hevc_with_an_alpha_layer_is_refused(bool hasAlpha)
    {
        var stream = media.Make("m.hevc", "-f", "lavfi", "-i", OpaqueBox, "-pix_fmt", "yuv420p", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error");
        // The message (H.265, F.14.2.8) that goes with the layer: alpha is not to be cancelled, of 8 bits, opaque at 255.
        byte[] message = [0, 0, 0, 1, 39 << 1, 1, 165, 4, 0b0000_0000, 0, 0b0111_1111, 0b1000_0000, 0x80];
        var path = media.Path("alpha.hevc");
        await File.WriteAllBytesAsync(path, [.. hasAlpha ? message : [], .. await File.ReadAllBytesAsync(stream, Media.Cancelled)], Media.Cancelled);
        var film = media.Make("m.mp4", "-f", "hevc", "-i", path, "-c", "copy", "-tag:v", "hvc1");
        Assert.Equal(
            hasAlpha ? "The mask has an alpha layer, which cannot be read; draw white on black instead, both opaque, white where the video is to change." : "", await CheckAsync(film));
    }

    [Theory]
    [InlineData("m.png", "format=gray,geq=lum='gt(X,31)'", "-frames:v 1 -pix_fmt gray")]
    [InlineData("m.png", "format=rgb24,geq=r='gt(X,31)':g='gt(X,31)':b='gt(X,31)'", "-frames:v 1 -pix_fmt rgb24")]
    [InlineData("red.png", "format=rgb24,geq=r='gt(X,31)':g=0:b=0", "-frames:v 1 -pix_fmt rgb24")]
    [InlineData("m.bmp", "format=gray,geq=lum='gt(X,31)'", "-frames:v 1 -pix_fmt gray")]
    [InlineData("ffv1.mkv", "format=gray,geq=lum='gt(X,31)'", "-c:v ffv1 -pix_fmt gray")]
    [InlineData("deep.png", "format=gray16le,geq=lum='gt(X,31)'", "-frames:v 1 -pix_fmt gray16be")]
    [InlineData("eight-in-sixteen.png", "format=gray16le,geq=lum='255*gt(X,31)'", "-frames:v 1 -pix_fmt gray16be")]
    public async Task A_mask_of_0_and_1_is_taken_for_what_it_is(string name, string drawing, string codec)
    {
        var path = media.Make(name, ["-f", "lavfi", "-i", "color=black:s=64x64:r=24:d=0.125," + drawing, .. codec.Split(' ')]);
        var mask = await ReadAsync(path);
        Assert.All(mask.Frames, frame => Assert.All(frame.Index(), pixel => Assert.Equal(pixel.Index % 64 > 31 ? 255 : 0, pixel.Item)));
        Assert.Equal(name.StartsWith("eight", StringComparison.Ordinal) ? "The mask holds 8-bit values in 16 bits; 255 is taken for white." : "The mask holds 0 and 1 only; 1 is taken for white.", mask.Note);
    }

    [Fact]
    public async Task The_noise_of_a_black_h264_mask_is_black()
    {
        var path = media.Make(
            "n.mp4", "-f", "lavfi", "-i", "color=black:s=64x64:r=24:d=0.125,format=yuv420p,geq=lum='16+gt(random(0),0.5)':cb=128:cr=128", "-c:v", "libx264", "-qp", "0", "-preset", "ultrafast");
        var mask = await ReadAsync(path);
        Assert.Null(mask.Note);
        Assert.Contains((byte)1, mask.Frames[0]);
        Assert.All(mask.Frames, frame => Assert.All(frame, value => Assert.InRange(value, 0, 2)));
        // And black stays black in a still.
        Assert.Equal((null, 0), (await ReadAsync(media.Make("b.png", "-f", "lavfi", "-i", "color=black:s=64x64", "-frames:v", "1")) is var black ? black.Note : "", black.Frames[0].Max()));
    }

    [Theory]
    [InlineData("red.png", "format=rgb24,drawbox=8:8:40:40:red:fill", "-frames:v 1", "255 of 255, in the colour (255, 0, 0); draw white where the video is to change.")]
    [InlineData("classes.png", "format=gray,geq=lum='floor(X/16)'", "-frames:v 1 -pix_fmt gray", "3 of 255: are these numbers of classes? Draw white where the video is to change.")]
    [InlineData("ones.png", "format=gray,geq=lum=1", "-frames:v 1 -pix_fmt gray", "1 of 255: is this a 0/1 mask? Draw white where the video is to change.")]
    [InlineData("palette.gif", "format=rgb24,drawbox=8:8:40:40:0x800000:fill", "-f gif", " of 255, in the colour (1")]
    [InlineData("red.mp4", "drawbox=8:8:40:40:red:fill", "-c:v libx264 -pix_fmt yuv420p", " of 255, in the colour (")]
    public async Task A_dark_mask_that_is_not_black_is_refused_with_what_was_seen(string name, string drawing, string codec, string seen)
    {
        var path = media.Make(name, ["-f", "lavfi", "-i", "color=black:s=64x64:r=24:d=0.125," + drawing, .. codec.Split(' ')]);
        var refused = await Assert.ThrowsAsync<MediaException>(() => ReadAsync(path));
        Assert.Equal((MediaFault.Input, MediaProblem.Content), (refused.Fault, refused.Problem));
        Assert.StartsWith("The mask has no white pixel; its brightest value is ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(seen, refused.Message, StringComparison.Ordinal);
    }
}
