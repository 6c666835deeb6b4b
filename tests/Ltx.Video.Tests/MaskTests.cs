namespace Ltx.Video.Tests;

/// <summary>Masks that draw with their transparency, and masks without white.</summary>
public sealed class MaskTests(MaskTests.Films films) : IClassFixture<MaskTests.Films>
{
    private const string Black = "color=black:s=64x64:r=24:d=0.125,", Right = "format=gray,geq=lum='gt(X,31)'";

    // White everywhere; the alpha draws a box.
    private const string WhiteWithAlpha = "color=white:s=64x64:r=24:d=0.125,format=rgba,geq=r=255:g=255:b=255:a='255*between(X,16,47)*between(Y,16,47)'";

    // A box of opaque white; all else is clear black.
    private const string StrokesOnNothing =
        Black + "format=rgba,geq=r='255*between(X,16,47)*between(Y,16,47)':g='255*between(X,16,47)*between(Y,16,47)':"
        + "b='255*between(X,16,47)*between(Y,16,47)':a='255*between(X,16,47)*between(Y,16,47)'";

    private const string OpaqueBox = Black + "format=rgba,drawbox=16:16:32:32:white:fill";

    private static readonly (string Name, string Encoding)[] WithAlpha =
    [
        ("m.png", "-frames:v 1"), ("m.tiff", "-frames:v 1"), ("prores.mov", "-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le"), ("animation.mov", "-c:v qtrle -pix_fmt argb"),
        ("m.apng", "-f apng -plays 0"), ("vp9.webm", "-c:v libvpx-vp9 -pix_fmt yuva420p -deadline realtime"),
        ("vp8.webm", "-c:v libvpx -pix_fmt yuva420p -auto-alt-ref 0 -deadline realtime"), ("ffv1.mkv", "-c:v ffv1 -pix_fmt bgra"),
    ];

    // Where the alpha says what the brightness says, or nothing.
    private static readonly Film[] WithOneReading =
    [
        .. from file in WithAlpha
           where file.Name is "vp9.webm" or "m.png"
           from drawing in new[] { ("strokes ", StrokesOnNothing), ("opaque ", OpaqueBox) }
           select Film.Drawn(drawing.Item1 + file.Name, drawing.Item2, file.Encoding.Split(' ')),
    ];

    private static readonly (string Name, string Drawing, bool IsRefused)[] Stills =
    [
        ("half clear.png", "format=rgba,geq=r=255:g=255:b=255:a=128", false),
        ("black.png", "format=rgba,geq=r=0:g=0:b=0:a='255*between(X,16,47)'", true),
        ("slope.png", "format=rgba,geq=r='X*4':g='X*4':b='X*4':a='if(gt(Y,40),0,255)'", true),
        ("no alpha.png", "format=rgb24", false),
    ];

    private static readonly (string Name, string Drawing, string Encoding)[] Numbers =
    [
        ("gray.png", Right, "-frames:v 1 -pix_fmt gray"),
        ("rgb.png", "format=rgb24,geq=r='gt(X,31)':g='gt(X,31)':b='gt(X,31)'", "-frames:v 1 -pix_fmt rgb24"),
        ("one red.png", "format=rgb24,geq=r='gt(X,31)':g=0:b=0", "-frames:v 1 -pix_fmt rgb24"),
        ("m.bmp", Right, "-frames:v 1 -pix_fmt gray"),
        ("numbers.mkv", Right, "-c:v ffv1 -pix_fmt gray"),
        ("deep.png", "format=gray16le,geq=lum='gt(X,31)'", "-frames:v 1 -pix_fmt gray16be"),
        ("eight-in-sixteen.png", "format=gray16le,geq=lum='255*gt(X,31)'", "-frames:v 1 -pix_fmt gray16be"),
    ];

    private static readonly (string Name, string Drawing, string Encoding, string Seen)[] Dark =
    [
        ("red.png", "format=rgb24,drawbox=8:8:40:40:red:fill", "-frames:v 1", "255 of 255, in the colour (255, 0, 0); draw white where the video is to change."),
        ("classes.png", "format=gray,geq=lum='floor(X/16)'", "-frames:v 1 -pix_fmt gray", "3 of 255: are these numbers of classes? Draw white where the video is to change."),
        ("ones.png", "format=gray,geq=lum=1", "-frames:v 1 -pix_fmt gray", "1 of 255: is this a 0/1 mask? Draw white where the video is to change."),
        ("palette.gif", "format=rgb24,drawbox=8:8:40:40:0x800000:fill", "-f gif", " of 255, in the colour (1"),
        ("red.mp4", "drawbox=8:8:40:40:red:fill", "-c:v libx264 -pix_fmt yuv420p", " of 255, in the colour ("),
    ];

    /// <summary>All films of these tests.</summary>
    public sealed class Films : IDisposable
    {
        private readonly Media media = new();

        public Films()
        {
            media.MakeAll(
            [
                .. WithAlpha.Select(file => Film.Drawn(file.Name, WhiteWithAlpha, file.Encoding.Split(' '))),
                .. WithOneReading,
                .. Stills.Select(still => Film.Drawn(still.Name, "color=white:s=64x64:d=0.04," + still.Drawing, "-frames:v", "1")),
                .. Numbers.Select(file => Film.Drawn(file.Name, Black + file.Drawing, file.Encoding.Split(' '))),
                .. Dark.Select(file => Film.Drawn(file.Name, Black + file.Drawing, file.Encoding.Split(' '))),
                Film.Drawn("plain.hevc", OpaqueBox, "-pix_fmt", "yuv420p", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error"),
                Film.Drawn("noise.mp4", Black + "format=yuv420p,geq=lum='16+gt(random(0),0.5)':cb=128:cr=128", "-c:v", "libx264", "-qp", "0", "-preset", "ultrafast"),
                Film.Drawn("all black.png", Black[..^1], "-frames:v", "1"),
            ]);
            // The message (H.265, F.14.2.8) that goes with the layer: alpha is not to be cancelled, of 8 bits, opaque at 255.
            byte[] message = [0, 0, 0, 1, 39 << 1, 1, 165, 4, 0b0000_0000, 0, 0b0111_1111, 0b1000_0000, 0x80];
            File.WriteAllBytes(media.Path("layered.hevc"), [.. message, .. File.ReadAllBytes(media.Path("plain.hevc"))]);
            media.MakeAll(from name in new[] { "plain", "layered" } select new Film(name + ".mp4", ["-f", "hevc", "-i", media.Path(name + ".hevc")], ["-c", "copy", "-tag:v", "hvc1"]));
        }

        public string Path(string name) => media.Path(name);

        public string Gif() => media.Make(
            "m.gif", "-f", "lavfi", "-i", WhiteWithAlpha, "-filter_complex", "split[a][b];[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse=alpha_threshold=128");

        public void Dispose() => media.Dispose();
    }

    private Task<MediaInfo> ProbeAsync(string name) => MediaProbe.ProbeAsync(films.Path(name), role: "the mask", cancellationToken: Media.Cancelled);

    private static VideoReadOptions Options(int side = 64) => new() { Size = new(side, side), FramesPerSecond = new(24, 1), MaxFrames = 9 };

    private static async Task<string> CheckAsync(MediaInfo mask)
    {
        try
        {
            await MaskAlpha.CheckAsync(mask, Options(), Media.Cancelled);
            return "";
        }
        catch (MediaException refused)
        {
            Assert.Equal((MediaFault.Input, MediaProblem.Content), (refused.Fault, refused.Problem));
            return refused.Message;
        }
    }

    private static Task<MaskFrames> ReadAsync(MediaInfo mask) => MaskReader.ReadAsync(mask, Options(), Media.Cancelled);

    public static TheoryData<string> AlphaNames => [.. WithAlpha.Select(file => file.Name)];

    public static TheoryData<string> OneReadingNames => [.. WithOneReading.Select(film => film.Name)];

    public static TheoryData<string, bool> StillNames => [.. Stills.Select(still => (still.Name, still.IsRefused))];

    public static TheoryData<string> NumberNames => [.. Numbers.Select(file => file.Name)];

    public static TheoryData<string, string> DarkNames => [.. Dark.Select(file => (file.Name, file.Seen))];

    [Theory]
    [MemberData(nameof(AlphaNames))]
    public async Task A_mask_drawn_in_its_alpha_is_refused_whatever_it_is_stored_in(string name) => Assert.Equal(
        "The mask draws with its transparency, which can be read in two ways; draw white on black instead, both opaque, white where the video is to change.", await CheckAsync(await ProbeAsync(name)));

    [Theory]
    [MemberData(nameof(OneReadingNames))]
    public async Task An_alpha_that_says_what_the_brightness_says_is_left_aside(string name)
    {
        var mask = await ProbeAsync(name);
        Assert.True(mask.HasAlpha);
        Assert.Empty(await CheckAsync(mask));
        var frame = (await ReadAsync(mask)).Frames[0];
        Assert.InRange(frame[(32 * 64) + 32], 251, 255);
        Assert.InRange(frame[0], 0, 4);
    }

    [Fact]
    public async Task A_gif_drawn_in_its_transparent_colour_is_refused()
    {
        var mask = await MediaProbe.ProbeAsync(films.Gif(), role: "the mask", cancellationToken: Media.Cancelled);
        Assert.StartsWith("The mask draws with its transparency", await CheckAsync(mask), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(StillNames))]
    public async Task An_alpha_that_says_the_same_everywhere_says_nothing(string name, bool refused) =>
        Assert.Equal(refused, (await CheckAsync(await ProbeAsync(name))).Length > 0);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hevc_with_an_alpha_layer_is_refused(bool hasAlpha) => Assert.Equal(
        hasAlpha ? "The mask has an alpha layer, which cannot be read; draw white on black instead, both opaque, white where the video is to change." : "",
        await CheckAsync(await ProbeAsync(hasAlpha ? "layered.mp4" : "plain.mp4")));

    [Theory]
    [MemberData(nameof(NumberNames))]
    public async Task A_mask_of_0_and_1_is_taken_for_what_it_is(string name)
    {
        var mask = await ReadAsync(await ProbeAsync(name));
        Assert.All(mask.Frames, frame => Assert.All(frame.Index(), pixel => Assert.Equal(pixel.Index % 64 > 31 ? 255 : 0, pixel.Item)));
        Assert.Equal(name.StartsWith("eight", StringComparison.Ordinal) ? "The mask holds 8-bit values in 16 bits; 255 is taken for white." : "The mask holds 0 and 1 only; 1 is taken for white.", mask.Note);
    }

    [Fact]
    public async Task The_noise_of_a_black_h264_mask_is_black()
    {
        var mask = await ReadAsync(await ProbeAsync("noise.mp4"));
        Assert.Null(mask.Note);
        Assert.Contains((byte)1, mask.Frames[0]);
        Assert.All(mask.Frames, frame => Assert.All(frame, value => Assert.InRange(value, 0, 2)));
        // And black stays black in a still.
        var black = await ReadAsync(await ProbeAsync("all black.png"));
        Assert.Equal((null, (byte)0), (black.Note, black.Frames[0].Max()));
    }

    [Theory]
    [MemberData(nameof(DarkNames))]
    public async Task A_dark_mask_that_is_not_black_is_refused_with_what_was_seen(string name, string seen)
    {
        var mask = await ProbeAsync(name);
        var refused = await Assert.ThrowsAsync<MediaException>(() => ReadAsync(mask));
        Assert.Equal((MediaFault.Input, MediaProblem.Content), (refused.Fault, refused.Problem));
        Assert.StartsWith("The mask has no white pixel; its brightest value is ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(seen, refused.Message, StringComparison.Ordinal);
    }
}
