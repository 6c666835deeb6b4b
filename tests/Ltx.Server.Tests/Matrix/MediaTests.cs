using System.Buffers.Binary;
using System.Globalization;
using Ltx.Server.Tests.Commands;
using Ltx.Video;

namespace Ltx.Server.Tests.Matrix;

/// <summary>Sources and masks of every kind, on the finished file. Where the model has no part in it the mask has no white, which is quick.</summary>
[Collection(MatrixTests.Name)]
public sealed class MediaTests(RealServer real, ITestOutputHelper output)
{
    private const int Width = MatrixClips.Width, Height = MatrixClips.Height, Frames = MatrixClips.Frames;

    // Every other rate is the reader's and the writer's (VideoReaderTests, VideoWriterRateTests).
    [Theory]
    [InlineData(1, "1/1")]
    [InlineData(23.98, "24000/1001")]
    [InlineData(59.94, "60000/1001")]
    public async Task At_any_rate_the_sound_is_as_long_as_the_picture_and_lies_where_it_lay(double rate, string fraction)
    {
        // Long enough that a rate which is off by a thousandth would be seen at its end.
        string source = real.Clips.Make("ten-seconds.mov", 64, 64, "30", 300, MatrixClips.Sound(48000));
        MadeClip made = await real.RunAsync(("video_url", RealServer.Url(source)), ("mask_video_url", RealServer.Url(real.Clips.Black)), ("frames_per_second", rate), ("num_frames", 481));
        made.HasShape(64, 64, Math.Min(481, (int)Math.Round(10 * FrameRate.FromDouble(rate).Value)), fraction, sound: true);
        await made.SoundsLikeAsync(source);
        Assert.Contains("The mask has no white pixel, so the source is returned as it is.", made.Logs);
    }

    [Theory]
    [InlineData("8 kHz", 8000, "stereo")]
    [InlineData("96 kHz", 96000, "stereo")]
    [InlineData("mono at 11025", 11025, "mono")]
    [InlineData("5.1", 48000, "5.1")]
    public async Task Sound_of_any_kind_is_kept(string name, int rate, string layout)
    {
        // A tone that rises to 2200 Hz only: all of it fits below half of 8 kHz.
        string channels = layout == "5.1" ? ",pan=5.1|FL=c0|FR=c1|FC=0.3*c0|LFE=0.1*c0|BL=0.2*c0|BR=0.2*c1" : layout == "mono" ? ",pan=mono|c0=c0" : "";
        string source = real.Clips.Make($"{name}.mov", Width, Height, "24", 48, MatrixClips.Sound(rate) + channels);
        Dictionary<string, string> sound = TestMedia.Tell(source, "a:0");
        Assert.Equal((rate.ToString(CultureInfo.InvariantCulture), layout == "5.1" ? "6" : layout == "mono" ? "1" : "2"), (sound["sample_rate"], sound["channels"]));

        // Once kept beside a picture that the model made, which listens to it, too; it hears them all as the same kind.
        string mask = layout == "5.1" ? real.Clips.Mask : real.Clips.Black;
        MadeClip made = await real.RunAsync(("video_url", RealServer.Url(source)), ("mask_video_url", RealServer.Url(mask)), ("num_frames", 17));

        made.HasShape(Width, Height, 17, "24/1", sound: true);
        await made.SoundsLikeAsync(source);
    }

    [Theory]
    [InlineData(90)]
    [InlineData(180)]
    public async Task A_rotation_flag_is_applied_and_gone(int clockwise)
    {
        string source = Rotated(real.Clips.Make("flat.mp4", 128, 96, "24", Frames), clockwise);
        (int width, int height) = clockwise == 180 ? (128, 96) : (96, 128);
        string mask = real.Clips.Moving($"mask-{width}.mkv", width, height, "24", Frames);
        MadeClip made = await real.RunAsync(("video_url", RealServer.Url(source)), ("mask_video_url", RealServer.Url(mask)));

        made.HasShape(width, height, Frames, "24/1", sound: true);
        output.WriteLine($"{await made.KeepsAsync(source, mask):0.00} dB");
        // The pixels are where the flag says, told without the reader that the product uses: the left upper corner.
        byte[] flat = (await ReadOnce.FramesAsync(real.Clips.Make("flat.mp4", 128, 96, "24", Frames)))[0], turned = (await made.FramesAsync())[0];
        (int x, int y) = clockwise switch { 90 => (3, 96 - 1 - 5), _ => (128 - 1 - 5, 96 - 1 - 3) };
        for (int c = 0; c < 3; c++) Assert.InRange(turned[3 * (3 * width + 5) + c] - flat[3 * (y * 128 + x) + c], -6, 6);
    }

    [Theory]
    [InlineData(129, 97, 128, 96)]
    [InlineData(130, 66, 130, 66)]
    public async Task Odd_sizes_lose_a_row_or_a_column_and_others_nothing(int width, int height, int madeWidth, int madeHeight)
    {
        string source = real.Clips.Make($"{width}x{height}.mkv", width, height, "24", Frames, null, "-pix_fmt", "yuv444p"), mask = real.Clips.Moving($"mask-{width}x{height}.mkv", width, height, "24", Frames);
        MadeClip made = await real.RunAsync(("video_url", RealServer.Url(source)), ("mask_video_url", RealServer.Url(mask)));
        made.HasShape(madeWidth, madeHeight, Frames, "24/1", sound: true);
        output.WriteLine($"{await made.KeepsAsync(source, mask):0.00} dB");
        Assert.DoesNotContain(made.Logs, line => line.Contains("stretched", StringComparison.Ordinal) || line.Contains("scaled", StringComparison.Ordinal));
    }

    public static TheoryData<string, string> Masks => new()
    {
        { "a picture", "" },
        { "a picture of another shape", "The mask is 90x200 pixels, and is stretched to 128x96." },
        { "a picture with soft edges", "" },
        { "a video that is shorter", "The mask ends after 3 of 9 frames; its last one is held." },
        { "a video that is longer", "The mask is longer than the source video; its rest is not used." },
        { "a video of another size and rate", "The mask is 64x50 pixels, and is stretched to 128x96." },
        // A GIF's pixels may be transparent, whether any of them is or not.
        { "a GIF", "The mask has an alpha channel; its brightness alone is used, and where the alpha draws anything it says the same." },
    };

    [Theory]
    [MemberData(nameof(Masks))]
    public async Task Masks_of_any_kind_say_what_is_made_anew(string name, string note)
    {
        string Still(string file, int width, int height, string more) => TestMedia.Make(
            real.Folder, file, ["-f", "lavfi", "-i", $"color=black:s={width}x{height}:r=24,format=gray,drawbox=iw/4:ih/4:iw/2:ih/2:white:fill{more}", "-frames:v", "1"]);
        string mask = name switch
        {
            "a picture" => Still("still.png", Width, Height, ""),
            "a picture of another shape" => Still("tall.png", 90, 200, ""),
            "a picture with soft edges" => Still("soft.png", Width, Height, ",gblur=sigma=6"),
            "a video that is shorter" => real.Clips.Moving("short.mkv", Width, Height, "24", 3),
            "a video that is longer" => real.Clips.Moving("longer.mkv", Width, Height, "24", 72),
            "a video of another size and rate" => real.Clips.Moving("other.mkv", 64, 50, "10", 20),
            _ => TestMedia.Make(real.Folder, "mask.gif", "-f", "lavfi", "-i", $"color=black:s={Width}x{Height}:r=25,format=gray,drawbox=iw/4:ih/4:iw/2:ih/2:white:fill", "-frames:v", "20"),
        };
        MadeClip made = await real.RunAsync(("mask_video_url", RealServer.Url(mask)));

        made.HasShape(Width, Height, Frames, "24/1", sound: true);
        output.WriteLine($"{await made.KeepsAsync(real.Clips.Source, mask):0.00} dB");
        // The middle of the frame is white in all of them, and is not the source's any more.
        List<byte[]> frames = await made.FramesAsync(), sources = await ReadOnce.FramesAsync(real.Clips.Source);
        Assert.All(frames.Index(), frame => Assert.True(Enumerable.Range(0, Width * Height).Count(pixel => Math.Abs(pixel % Width - Width / 2) < 16 && Math.Abs(pixel / Width - Height / 2) < 12
            && Enumerable.Range(0, 3).Any(c => Math.Abs(frame.Item[3 * pixel + c] - sources[frame.Index][3 * pixel + c]) > 8)) > 300, $"Frame {frame.Index} is the source's in the middle of the mask."));
        string[] notes = [.. made.Logs.Where(line => line.StartsWith("The mask ", StringComparison.Ordinal))];
        Assert.Equal(note.Length == 0 ? [] : [note], notes);
    }

    [Fact]
    public async Task A_mask_that_is_all_white_makes_everything_anew()
    {
        string white = TestMedia.Make(real.Folder, "white.png", "-f", "lavfi", "-i", $"color=white:s={Width}x{Height}", "-frames:v", "1");
        MadeClip made = await real.RunAsync(("mask_video_url", RealServer.Url(white)), ("generate_audio", true));
        made.HasShape(Width, Height, Frames, "24/1", sound: true);
        List<byte[]> frames = await made.FramesAsync(), sources = await ReadOnce.FramesAsync(real.Clips.Source);
        // Not one region of the source is left.
        Assert.All(frames.Zip(sources), pair => Assert.True(pair.First.Zip(pair.Second).Average(bytes => Math.Abs(bytes.First - bytes.Second)) > 8));
        await made.SoundsLikeAsync(real.Clips.Source);
    }

    [Fact]
    public async Task First_and_last_frame_are_there_and_none_is_there_twice()
    {
        // Every frame is of a grey of its own.
        string source = TestMedia.Make(real.Folder, "numbered.mkv", "-f", "lavfi", "-i", "nullsrc=s=64x64:r=24,format=gray,geq=lum='16+8*N'", "-frames:v", "25", "-pix_fmt", "yuv420p", "-c:v", "ffv1");
        MadeClip made = await real.RunAsync(("video_url", RealServer.Url(source)), ("mask_video_url", RealServer.Url(real.Clips.Black)), ("num_frames", 25));
        made.HasShape(64, 64, 25, "24/1", sound: false);
        List<byte[]> frames = await made.FramesAsync(), sources = await ReadOnce.FramesAsync(source);
        for (int i = 0; i < 25; i++) Assert.InRange(frames[i][3 * 2080] - sources[i][3 * 2080], -2, 2);
        Assert.InRange(sources[1][0] - sources[0][0], 8, 10);
    }

    // ffmpeg 5 and 6 write the flag in different ways; this one works in both.
    private string Rotated(string flat, int clockwise)
    {
        byte[] file = File.ReadAllBytes(flat);
        // The matrix in the track's header (tkhd): version and flags, times, ids and durations are 40 bytes, layer to volume 12 more.
        int matrix = file.AsSpan().IndexOf("tkhd"u8) + 4 + 40;
        (int cos, int sin) = clockwise switch { 90 => (0, 1), _ => (-1, 0) };
        int[] values = [cos * 0x10000, sin * 0x10000, 0, -sin * 0x10000, cos * 0x10000, 0, 0, 0, 0x40000000];
        for (int i = 0; i < values.Length; i++) BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(matrix + i * 4), values[i]);
        return real.Folder.Bytes($"rotated-{clockwise}.mp4", file);
    }
}
