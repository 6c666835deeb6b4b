using System.Globalization;
using Ltx.Server.Tests.Commands;
using Ltx.Video;

namespace Ltx.Server.Tests.Matrix;

/// <summary>A result, and how it measures up to what was sent.</summary>
/// <param name="File">the video, fetched</param>
/// <param name="Url">as it was answered</param>
internal sealed record MadeClip(string File, long Seed, string Prompt, string Url, IReadOnlyList<string> Logs)
{
    /// <summary>The default of Inpaint:Feather.</summary>
    public const int Feather = 12;

    // What is kept is kept but for the encoder's loss at the best quality.
    private const double LeastPsnr = 42;

    private const double LeastCorrelation = 0.99;

    public Task<List<byte[]>> FramesAsync() => ReadOnce.FramesAsync(File);

    /// <summary>Size, number, rate and duration by ffprobe, which decodes every frame for it; and the sound track or none, as long as the picture.</summary>
    public void HasShape(int width, int height, int frames, string rate, bool sound)
    {
        List<Dictionary<string, string>> streams = TestMedia.Streams(File);
        Dictionary<string, string> video = TestMedia.Of(streams, "v:0"), audio = TestMedia.Of(streams, "a:0");
        Assert.Equal(
            (width.ToString(CultureInfo.InvariantCulture), height.ToString(CultureInfo.InvariantCulture), frames.ToString(CultureInfo.InvariantCulture), rate, rate, "h264", "yuv420p", "smpte170m"),
            (video["width"], video["height"], video["nb_read_frames"], video["r_frame_rate"], video["avg_frame_rate"], video["codec_name"], video["pix_fmt"], video["color_space"]));
        Assert.DoesNotContain("rotation", video.Keys);
        string[] fraction = rate.Split('/');
        double seconds = frames * double.Parse(fraction[1], CultureInfo.InvariantCulture) / double.Parse(fraction[0], CultureInfo.InvariantCulture);
        Assert.Equal(seconds, TestMedia.Duration(video), tolerance: 1e-5);
        Assert.Equal(0, double.Parse(video["start_time"], CultureInfo.InvariantCulture), tolerance: 1e-6);
        Assert.Equal(sound, audio.Count > 0);
        if (!sound) return;
        Assert.Equal(("aac", "48000", "2"), (audio["codec_name"], audio["sample_rate"], audio["channels"]));
        Assert.Equal(seconds, TestMedia.Duration(audio), tolerance: TestMedia.DurationTolerance);
        Assert.Equal(0, double.Parse(audio["start_time"], CultureInfo.InvariantCulture), tolerance: 1e-6);
        Assert.Equal(2, streams.Count);
    }

    /// <summary>Beyond the unwidened mask grown by the feather the source is kept.</summary>
    /// <returns>PSNR there</returns>
    public async Task<double> KeepsAsync(string source, string mask)
    {
        List<byte[]> frames = await FramesAsync();
        MediaInfo made = await ReadOnce.ProbeAsync(File);
        VideoReadOptions same = new() { Size = new FrameSize(made.Width, made.Height), FramesPerSecond = made.AverageFrameRate!.Value, MaxFrames = frames.Count };
        List<byte[]> sources = await ReadOnce.FramesAsync(source, same), masks = await ReadOnce.FramesAsync(mask, same with { Pixels = FramePixels.Gray8 });
        double sum = 0;
        long count = 0;
        for (int i = 0; i < frames.Count; i++)
        {
            bool[] near = Grown(masks[Math.Min(i, masks.Count - 1)], made.Width, made.Height, Feather);
            for (int pixel = 0; pixel < near.Length; pixel++)
            {
                if (near[pixel]) continue;
                for (int at = 3 * pixel; at < 3 * pixel + 3; at++) sum += (frames[i][at] - sources[i][at]) * (frames[i][at] - sources[i][at]);
                count += 3;
            }
        }
        Assert.True(count > 0, "The mask leaves nothing to compare.");
        double psnr = 10 * Math.Log10(255.0 * 255 * count / Math.Max(sum, 1e-9));
        Assert.True(psnr >= LeastPsnr, $"Beyond mask and feather the PSNR is {psnr:0.00} dB.");
        return psnr;
    }

    /// <summary>Each channel is the other's, and in its last second, where a rate that is off would show, at no other lag more so.</summary>
    public async Task SoundsLikeAsync(string source)
    {
        const int Rate = 48000, Reach = 240;
        MediaInfo made = await ReadOnce.ProbeAsync(File);
        int samples = (int)made.AverageFrameRate!.Value.SamplesIn(made.FrameCountEstimate!.Value, Rate);
        AudioClip kept = await ReadSoundAsync(made, Rate, samples), original = await ReadSoundAsync(await ReadOnce.ProbeAsync(source), Rate, samples);
        foreach ((float[] before, float[] after) in original.Channels.Zip(kept.Channels))
        {
            double correlation = Correlation(before, after, 0);
            Assert.True(correlation > LeastCorrelation, $"The correlation is {correlation:0.0000}.");
            Range last = Math.Max(0, samples - Rate)..;
            Assert.Equal(0, Enumerable.Range(-Reach, 2 * Reach + 1).MaxBy(lag => Correlation(before.AsSpan(last), after.AsSpan(last), lag)));
        }
    }

    /// <summary>Where white is at most so many rows and columns away.</summary>
    private static bool[] Grown(byte[] mask, int width, int height, int by)
    {
        bool[] rows = new bool[mask.Length], all = new bool[mask.Length];
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] <= 127) continue;
            for (int x = Math.Max(0, i % width - by); x <= Math.Min(width - 1, i % width + by); x++) rows[i / width * width + x] = true;
        }
        for (int i = 0; i < mask.Length; i++)
        {
            if (!rows[i]) continue;
            for (int y = Math.Max(0, i / width - by); y <= Math.Min(height - 1, i / width + by); y++) all[y * width + i % width] = true;
        }
        return all;
    }

    private static double Correlation(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int lag)
    {
        double ab = 0, aa = 0, bb = 0;
        for (int i = Math.Max(0, -lag); i < Math.Min(a.Length, b.Length - lag); i++)
        {
            ab += a[i] * b[i + lag];
            aa += a[i] * a[i];
            bb += b[i + lag] * b[i + lag];
        }
        return ab / Math.Sqrt(aa * bb + 1e-30);
    }

    private static async Task<AudioClip> ReadSoundAsync(MediaInfo file, int rate, int samples) =>
        Assert.IsType<SourceSound>(await AudioReader.ReadAsync(file, TimeSpan.Zero, rate, 2, samples, TestContext.Current.CancellationToken)).Clip;
}
