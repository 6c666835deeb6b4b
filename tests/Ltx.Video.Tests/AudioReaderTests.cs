namespace Ltx.Video.Tests;

public sealed class AudioReaderTests : IDisposable
{
    private const int Rate = 48000;

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    /// <summary>A sweep is like itself at no other lag.</summary>
    private static float[] Sweep(double seconds) =>
        [.. Enumerable.Range(0, (int)(seconds * Rate)).Select(i => (float)(0.5 * Math.Sin((0.02 * i) + (1e-6 * i * i))))];

    private async Task<string> WithSoundAsync(string name, AudioClip clip, int frames = 48)
    {
        var size = new FrameSize(64, 64);
        await VideoWriter.WriteAsync(
            media.Path(name), new VideoWriteOptions { Size = size, FramesPerSecond = new(24, 1), Mode = WriteMode.Fast },
            Media.Stream(Media.NumberedFrames(size, frames)), clip, Media.Cancelled);
        return media.Path(name);
    }

    private static async Task<AudioClip?> ReadAsync(string path, int count, int channels = 2) => (await Media.HearAsync(path, Rate, count, channels))?.Clip;

    [Fact]
    public async Task Sound_survives_aac_without_lag()
    {
        var (left, right) = (Sweep(2), Sweep(2).Reverse().ToArray());
        var path = await WithSoundAsync("a.mp4", new AudioClip([left, right], Rate));
        var read = await ReadAsync(path, 2 * Rate);
        Assert.Equal(2 * Rate, read!.SampleCount);
        Assert.Equal(0, Correlation.BestLag(left[..20000], read.Channels[0][..20000], 50));
        Assert.InRange(Correlation.At(left, read.Channels[0], 0), 0.99, 1.0001);
        Assert.InRange(Correlation.At(right, read.Channels[1], 0), 0.99, 1.0001);
        // Everything is there to the last samples, and no priming is left in front.
        Assert.InRange(Correlation.At(left[^2000..], read.Channels[0][^2000..], 0), 0.97, 1.0001);
        Assert.InRange(Correlation.At(left[..2000], read.Channels[0][..2000], 0), 0.97, 1.0001);
    }

    [Theory]
    [InlineData(2000)]
    [InlineData(96000)]
    [InlineData(130000)]
    public async Task Exactly_so_many_samples_are_given(int count)
    {
        var path = await WithSoundAsync("a.mp4", new AudioClip([Sweep(2), Sweep(2)], Rate));
        var read = await ReadAsync(path, count);
        Assert.Equal(count, read!.SampleCount);
        // Behind the end of the sound (and AAC's last block) there is silence.
        Assert.All(read.Channels[0].Skip(96000 + 2048), sample => Assert.Equal(0, sample));
        Assert.NotEqual(0, read.Channels[0].Take(1000).Max());
    }

    [Fact]
    public async Task A_short_clip_is_padded_and_a_long_one_cut_when_written()
    {
        var path = await WithSoundAsync("a.mp4", new AudioClip([Sweep(0.5), Sweep(0.5)], Rate));
        var read = (await ReadAsync(path, 2 * Rate))!.Channels[0];
        Assert.InRange(read.Skip(Rate / 2).Skip(2048).Max(Math.Abs), 0, 0.001);
        Assert.InRange(read.Take(Rate / 2).Max(), 0.4, 0.6);
    }

    [Theory]
    [InlineData("mkv", 0.5)]
    [InlineData("mkv", -0.25)]
    [InlineData("mp4", 0.5)]
    [InlineData("mp4", -0.25)]
    [InlineData("ts", 0.5)]
    [InlineData("ts", -0.25)]
    public async Task Sound_is_aligned_with_the_first_frame(string container, double later)
    {
        var sweep = Sweep(1.5);
        var wave = media.Path("s.f32");
        await File.WriteAllBytesAsync(wave, System.Runtime.InteropServices.MemoryMarshal.AsBytes(sweep.AsSpan()).ToArray(), Media.Cancelled);
        // The one that comes later is moved; a shift of the picture by 0.25 s is the sound 0.25 s earlier.
        string[] picture = ["-f", "lavfi", "-i", "testsrc2=s=64x64:r=24:d=2"];
        string[] sound = ["-f", "f32le", "-ar", "48000", "-ac", "1", "-i", wave];
        string[] moved = later > 0 ? [.. picture, "-itsoffset", "0.5", .. sound] : ["-itsoffset", "0.25", .. picture, .. sound];
        string[] codec = container == "mkv" ? ["-c:a", "pcm_f32le", "-c:v", "ffv1"] : ["-c:a", "aac", "-b:a", "192k", "-c:v", "libx264", "-preset", "ultrafast"];
        var path = media.Make("a." + container, [.. moved, .. codec, "-fps_mode", "passthrough"]);
        var read = (await ReadAsync(path, 2 * Rate))!.Channels[0];
        var start = (int)(later * Rate);
        var expected = new float[2 * Rate];
        for (var i = Math.Max(0, start); i < expected.Length && i - start < sweep.Length; i++)
        {
            expected[i] = sweep[i - start];
        }

        // Matroska has time stamps of a millisecond, MPEG-TS none of AAC's priming (1024 samples).
        var lag = Correlation.BestLag(expected[30000..50000], read[30000..50000], container == "ts" ? 1100 : 60);
        Assert.InRange(lag, -48, container == "ts" ? 1024 + 48 : 48);
        Assert.InRange(Correlation.At(expected[30000..50000], read[30000..50000], lag), 0.98, 1.0001);
        if (later > 0 && container == "mkv")
        {
            Assert.All(read.Take(start - 60), sample => Assert.Equal(0, sample));
        }
    }

    [Fact]
    public async Task One_channel_is_doubled_at_its_own_level()
    {
        var path = media.Make("m.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=24:d=1", "-f", "lavfi", "-i", "aevalsrc=0.5:s=48000:d=1", "-c:a", "pcm_f32le");
        var read = (await ReadAsync(path, 1000))!;
        Assert.All(read.Channels, channel => Assert.Equal(0.5, channel[500], 1e-6));
        Assert.Single((await ReadAsync(path, 1000, channels: 1))!.Channels);
    }

    [Fact]
    public async Task Surround_is_mixed_down()
    {
        var path = media.Make(
            "s.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=24:d=1", "-f", "lavfi", "-i",
            "aevalsrc=0.2|-0.2|0.1|0|0|0:c=5.1:s=48000:d=1", "-c:a", "pcm_f32le");
        var read = (await ReadAsync(path, 1000))!;
        // The centre goes to both sides equally, so the difference of the sides is of front left and right only.
        var (left, right) = (read.Channels[0][500], read.Channels[1][500]);
        Assert.True(left > 0 && right < 0 && left + right > 0, $"{left} {right}");
        Assert.Equal(0.2 / (0.1 * Math.Sqrt(0.5)), (left - right) / (left + right), 0.01);
    }

    [Fact]
    public async Task The_default_track_is_taken_else_the_first()
    {
        string[] inputs =
        [
            "-f", "lavfi", "-i", "testsrc2=s=64x64:r=24:d=1", "-f", "lavfi", "-i", "aevalsrc=0.1:s=48000:d=1", "-f", "lavfi", "-i", "aevalsrc=0.7:s=48000:d=1",
            "-map", "0", "-map", "1", "-map", "2", "-c:a", "pcm_f32le", "-c:v", "ffv1",
        ];
        var second = media.Make("second.mkv", [.. inputs, "-disposition:a:0", "0", "-disposition:a:1", "default"]);
        var neither = media.Make("neither.mkv", [.. inputs, "-disposition:a:0", "0", "-disposition:a:1", "0"]);
        Assert.Equal(0.7, (await ReadAsync(second, 1000))!.Channels[0][500], 1e-6);
        Assert.Equal(2, (await MediaProbe.ProbeAsync(second, cancellationToken: Media.Cancelled)).AudioStreams.Count);
        Assert.Equal(0.1, (await ReadAsync(neither, 1000))!.Channels[0][500], 1e-6);
    }

    [Fact]
    public async Task A_file_without_sound_gives_none() =>
        Assert.Null(await ReadAsync(media.Numbered("a.mp4", new(24, 1), 3), 1000));

    [Fact]
    public void Samples_of_frames_are_rounded_once()
    {
        Assert.Equal(242242, new FrameRate(24000, 1001).SamplesIn(121, 48000));
        Assert.Equal(1602, new FrameRate(30000, 1001).SamplesIn(1, 48000));
        Assert.Equal(16016, new FrameRate(30000, 1001).SamplesIn(10, 48000));
    }
}
