using Ltx.Server.Tests.Commands;
using Ltx.Video;

namespace Ltx.Server.Tests.Matrix;

/// <summary>Sources and masks of every kind, on the finished file. Where the model has no part in it the mask has no white, which is quick.</summary>
[Collection(MatrixTests.Name)]
public sealed class MediaTests(RealServer real, ITestOutputHelper output)
{
    private const int Width = MatrixClips.Width, Height = MatrixClips.Height, Frames = MatrixClips.Frames;

    // One a second is FieldEdgeTests', every other rate the reader's and the writer's (VideoReaderTests, VideoWriterRateTests).
    [Theory]
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

    // Other rates and numbers of channels are the reader's (AudioReaderTests).
    [Fact]
    public async Task Surround_sound_is_kept_in_two_channels()
    {
        string source = real.Clips.Make("surround.mov", Width, Height, "24", 48, MatrixClips.Sound(48000) + ",pan=5.1|FL=c0|FR=c1|FC=0.3*c0|LFE=0.1*c0|BL=0.2*c0|BR=0.2*c1");
        Assert.Equal("6", TestMedia.Tell(source, "a:0")["channels"]);

        // Once kept beside a picture that the model made, which listens to it, too.
        MadeClip made = await real.RunAsync(("video_url", RealServer.Url(source)), ("num_frames", 17));

        made.HasShape(Width, Height, 17, "24/1", sound: true);
        await made.SoundsLikeAsync(source);
    }

    // Other turns are the reader's (VideoReaderTests).
    [Fact]
    public async Task A_rotation_flag_is_applied_and_gone()
    {
        string flat = real.Clips.Make("flat.mp4", Width, Height, "24", Frames), source = TestMedia.Rotated(real.Folder, flat, Height), mask = real.Clips.Moving("mask-96.mkv", Height, Width, "24", Frames);
        MadeClip made = await real.RunAsync(("video_url", RealServer.Url(source)), ("mask_video_url", RealServer.Url(mask)));

        made.HasShape(Height, Width, Frames, "24/1", sound: true);
        output.WriteLine($"{await made.KeepsAsync(source, mask):0.00} dB");
        // The pixels are where the flag says, told without the reader that the product uses: the left upper corner.
        byte[] before = (await ReadOnce.FramesAsync(flat))[0], turned = (await made.FramesAsync())[0];
        for (int c = 0; c < 3; c++) Assert.InRange(turned[3 * (3 * Height + 5) + c] - before[3 * ((Height - 1 - 5) * Width + 3) + c], -6, 6);
    }

    // Other sizes are the reader's and the engine's (VideoReaderTests, PipelineOutputTests).
    [Fact]
    public async Task An_odd_size_loses_a_row_and_a_column_and_nothing_else()
    {
        string source = real.Clips.Make("odd.mkv", Width + 1, Height + 1, "24", Frames, null, "-pix_fmt", "yuv444p"), mask = real.Clips.Moving("mask-odd.mkv", Width + 1, Height + 1, "24", Frames);
        MadeClip made = await real.RunAsync(("video_url", RealServer.Url(source)), ("mask_video_url", RealServer.Url(mask)));
        made.HasShape(Width, Height, Frames, "24/1", sound: true);
        output.WriteLine($"{await made.KeepsAsync(source, mask):0.00} dB");
        Assert.DoesNotContain(made.Logs, line => line.Contains("stretched", StringComparison.Ordinal) || line.Contains("scaled", StringComparison.Ordinal));
    }

    // What is read of masks of other kinds, and what is said of them: MaskKindTests.
    [Theory]
    [InlineData("a picture with soft edges", "")]
    [InlineData("a video of another size and rate", "The mask is 64x50 pixels, and is stretched to 128x96.")]
    public async Task A_mask_says_what_is_made_anew(string name, string note)
    {
        string mask = name == "a picture with soft edges"
            ? TestMedia.Make(real.Folder, "soft.png", "-f", "lavfi", "-i", $"color=black:s={Width}x{Height}:r=24,format=gray,drawbox=iw/4:ih/4:iw/2:ih/2:white:fill,gblur=sigma=6", "-frames:v", "1")
            : real.Clips.Moving("other.mkv", 64, 50, "10", 20);
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
}
