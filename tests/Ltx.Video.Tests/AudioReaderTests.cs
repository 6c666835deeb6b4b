namespace Ltx.Video.Tests;

public sealed class AudioReaderTests(AudioReaderTests.Films films, NumberedFilms numbered) : IClassFixture<AudioReaderTests.Films>
{
    private const int Rate = 48000;

    private static readonly string[] Containers = ["mkv", "mp4", "ts"];

    private static readonly double[] Shifts = [0.5, -0.25];

    // Samples a second, channels.
    private static readonly (int Rate, int Channels)[] Kinds = [(8000, 2), (11025, 1), (96000, 2)];

    /// <summary>All films of these tests.</summary>
    public sealed class Films : IAsyncLifetime
    {
        private readonly Media media = new();

        public static (float[] Left, float[] Right) Sweeps { get; } = (Sweep(2), [.. Sweep(2).Reverse()]);

        public async ValueTask InitializeAsync()
        {
            await WriteAsync("sweeps.mp4", new AudioClip([Sweeps.Left, Sweeps.Right], Rate));
            await WriteAsync("short.mp4", new AudioClip([Sweep(0.5), Sweep(0.5)], Rate));
            string[] picture = Drawn("testsrc2=s=64x64:r=24:d=2"), still = Drawn("color=gray:s=64x64:r=24:d=1"), ffv1 = ["-c:v", "ffv1", "-c:a", "pcm_f32le"];
            string[] sound = ["-f", "f32le", "-ar", "48000", "-ac", "1", "-i", media.Samples("sweep.f32", Sweep(1.5))];
            string[] tracks = [.. still, .. Drawn("aevalsrc=0.1:s=48000:d=1"), .. Drawn("aevalsrc=0.7:s=48000:d=1")];
            media.MakeAll(
            [
                .. from container in Containers
                   from later in Shifts
                   select new Film(
                       Shifted(container, later),
                       // The one that comes later is moved; a shift of the picture by 0.25 s is the sound 0.25 s earlier.
                       later > 0 ? [.. picture, "-itsoffset", "0.5", .. sound] : ["-itsoffset", "0.25", .. picture, .. sound],
                       [.. container == "mkv" ? ffv1 : ["-c:a", "aac", "-b:a", "192k", "-c:v", "libx264", "-preset", "ultrafast"], "-fps_mode", "passthrough"]),
                .. Kinds.Select(kind => new Film(FormattableString.Invariant($"{kind.Rate}.mkv"), [.. still, .. sound], [.. ffv1, "-ar", FormattableString.Invariant($"{kind.Rate}"), "-ac", FormattableString.Invariant($"{kind.Channels}")])),
                new Film("mono.mkv", [.. still, .. Drawn("aevalsrc=0.5:s=48000:d=1")], ffv1),
                new Film("surround.mkv", [.. still, .. Drawn("aevalsrc=0.2|-0.2|0.1|0|0|0:c=5.1:s=48000:d=1")], ffv1),
                new Film("second.mkv", tracks, [.. ffv1, "-disposition:a:0", "0", "-disposition:a:1", "default"]),
                new Film("neither.mkv", tracks, [.. ffv1, "-disposition:a:0", "0", "-disposition:a:1", "0"]),
            ]);
        }

        public string Path(string name) => media.Path(name);

        public static string Shifted(string container, double later) => FormattableString.Invariant($"{later}.{container}");

        public ValueTask DisposeAsync()
        {
            media.Dispose();
            return ValueTask.CompletedTask;
        }

        private static string[] Drawn(string graph) => ["-f", "lavfi", "-i", graph];

        private Task WriteAsync(string name, AudioClip clip) => VideoWriter.WriteAsync(
            media.Path(name), new VideoWriteOptions { Size = NumberedFilms.Size, FramesPerSecond = new(24, 1), FrameCount = 48, Mode = WriteMode.Fast },
            Media.Stream(Media.NumberedFrames(NumberedFilms.Size, 48)), clip, Media.Cancelled);
    }

    /// <summary>A sweep is like itself at no other lag.</summary>
    private static float[] Sweep(double seconds) =>
        [.. Enumerable.Range(0, (int)(seconds * Rate)).Select(i => (float)(0.5 * Math.Sin((0.02 * i) + (1e-6 * i * i))))];

    private static async Task<AudioClip?> ReadAsync(string path, int count, int channels = 2) => (await Media.HearFromZeroAsync(path, Rate, count, channels))?.Clip;

    [Fact]
    public async Task Sound_survives_aac_without_lag()
    {
        var (left, right) = Films.Sweeps;
        // From where the reader finds the first frame, as the server does it.
        var read = (await Media.HearAsync(await Media.ProbeSourceAsync(films.Path("sweeps.mp4")), Rate, 2 * Rate))!.Clip;
        Assert.Equal(2 * Rate, read.SampleCount);
        Assert.Equal(0, Correlation.BestLag(left[..20000], read.Channels[0][..20000], 50));
        Assert.InRange(Correlation.At(left, read.Channels[0], 0), 0.99, 1.0001);
        Assert.InRange(Correlation.At(right, read.Channels[1], 0), 0.99, 1.0001);
        // Everything is there to the last samples, and no priming is left in front.
        Assert.InRange(Correlation.At(left[^2000..], read.Channels[0][^2000..], 0), 0.97, 1.0001);
        Assert.InRange(Correlation.At(left[..2000], read.Channels[0][..2000], 0), 0.97, 1.0001);
    }

    [Fact]
    public async Task Exactly_so_many_samples_are_given()
    {
        var info = await Media.ProbeSourceAsync(films.Path("sweeps.mp4"));
        foreach (var count in new[] { 2000, 96000, 130000 })
        {
            var read = (await AudioReader.ReadAsync(info, TimeSpan.Zero, Rate, 2, count, Media.Cancelled))!.Clip;
            Assert.Equal(count, read.SampleCount);
            // Behind the end of the sound (and AAC's last block) there is silence.
            Assert.All(read.Channels[0].Skip(96000 + 2048), sample => Assert.Equal(0, sample));
            Assert.NotEqual(0, read.Channels[0].Take(1000).Max());
        }
    }

    [Fact]
    public async Task A_short_clip_is_padded_and_a_long_one_cut_when_written()
    {
        var read = (await ReadAsync(films.Path("short.mp4"), 2 * Rate))!.Channels[0];
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
        var read = (await Media.HearAsync(await Media.ProbeSourceAsync(films.Path(Films.Shifted(container, later))), Rate, 2 * Rate))!.Clip.Channels[0];
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

    public static TheoryData<int, int> AllKinds => new(Kinds);

    [Theory]
    [MemberData(nameof(AllKinds))]
    public async Task Sound_of_any_rate_is_brought_to_the_one_asked_for_where_it_lies(int rate, int channels)
    {
        const int Last = 20000, Reach = 240;
        var info = await Media.ProbeSourceAsync(films.Path(FormattableString.Invariant($"{rate}.mkv")));
        Assert.Equal((rate, channels), (info.AudioStreams[0].SampleRate, info.AudioStreams[0].Channels));
        // All of it, to 1250 Hz, fits below half of 8 kHz.
        var sweep = Sweep(1.5);
        foreach (var read in (await AudioReader.ReadAsync(info, TimeSpan.Zero, Rate, 2, sweep.Length, Media.Cancelled))!.Clip.Channels)
        {
            Assert.InRange(Correlation.At(sweep, read, 0), 0.99, 1.0001);
            // Where a rate that is off would show.
            Assert.Equal(0, Correlation.BestLag(sweep[^Last..^2000], read[^Last..^2000], Reach));
        }
    }

    [Fact]
    public async Task One_channel_is_doubled_at_its_own_level()
    {
        var info = await Media.ProbeSourceAsync(films.Path("mono.mkv"));
        var read = (await AudioReader.ReadAsync(info, TimeSpan.Zero, Rate, 2, 1000, Media.Cancelled))!.Clip;
        Assert.All(read.Channels, channel => Assert.Equal(0.5, channel[500], 1e-6));
        Assert.Single((await AudioReader.ReadAsync(info, TimeSpan.Zero, Rate, 1, 1000, Media.Cancelled))!.Clip.Channels);
    }

    [Fact]
    public async Task Surround_is_mixed_down()
    {
        var read = (await ReadAsync(films.Path("surround.mkv"), 1000))!;
        // The centre goes to both sides equally, so the difference of the sides is of front left and right only.
        var (left, right) = (read.Channels[0][500], read.Channels[1][500]);
        Assert.True(left > 0 && right < 0 && left + right > 0, $"{left} {right}");
        Assert.Equal(0.2 / (0.1 * Math.Sqrt(0.5)), (left - right) / (left + right), 0.01);
    }

    [Fact]
    public async Task The_default_track_is_taken_else_the_first()
    {
        var second = await Media.ProbeSourceAsync(films.Path("second.mkv"));
        Assert.Equal(2, second.AudioStreams.Count);
        Assert.Equal(0.7, (await AudioReader.ReadAsync(second, TimeSpan.Zero, Rate, 2, 1000, Media.Cancelled))!.Clip.Channels[0][500], 1e-6);
        Assert.Equal(0.1, (await ReadAsync(films.Path("neither.mkv"), 1000))!.Channels[0][500], 1e-6);
    }

    [Fact]
    public async Task A_file_without_sound_gives_none() =>
        Assert.Null(await ReadAsync(numbered.Any, 1000));

    [Fact]
    public void Samples_of_frames_are_rounded_once()
    {
        Assert.Equal(242242, new FrameRate(24000, 1001).SamplesIn(121, 48000));
        Assert.Equal(1602, new FrameRate(30000, 1001).SamplesIn(1, 48000));
        Assert.Equal(16016, new FrameRate(30000, 1001).SamplesIn(10, 48000));
    }
}
