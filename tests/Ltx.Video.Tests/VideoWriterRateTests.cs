using System.Globalization;
using Ltx.Server.Tests.Support;

namespace Ltx.Video.Tests;

public sealed class VideoWriterRateTests : IDisposable
{
    private static readonly FrameSize Size = new(64, 64);

    private readonly Media media = new();

    public void Dispose() => media.Dispose();

    // Sound longer than any of the clips.
    private static AudioClip Tone() => new([.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, 4 * 48000).Select(i => MathF.Sin(i * 0.05f)).ToArray())], 48000);

    [Theory]
    [InlineData(1, 3, "1/1")]
    [InlineData(12.5, 26, "25/2")]
    [InlineData(23.976, 49, "24000/1001")]
    [InlineData(60, 1, "60/1")]
    public Task Without_sound(double rate, int count, string fraction) => IsExactAsync(rate, count, fraction, audio: null);

    public static TheoryData<double, int, string> Rates => new(
    [
        (1, 3, "1/1"), (12.5, 26, "25/2"), (24, 49, "24/1"), (29.97, 61, "30000/1001"), (30, 1, "30/1"), (60, 121, "60/1"),
        .. LongForm.IsOn
            ? new[]
            {
                (7, 15, "7/1"), (14.985, 30, "15000/1001"), (16, 33, "16/1"), (23.976, 49, "24000/1001"), (25, 51, "25/1"), (47.952, 97, "48000/1001"), (50, 101, "50/1"),
                (59.94, 121, "60000/1001"),
            }
            : [],
    ]);

    /// <summary>The long form has every rate in use.</summary>
    [Theory]
    [MemberData(nameof(Rates))]
    public Task With_sound(double rate, int count, string fraction) => IsExactAsync(rate, count, fraction, Tone());

    private async Task IsExactAsync(double rate, int count, string fraction, AudioClip? audio)
    {
        var path = media.Path("a.mp4");
        var exact = FrameRate.FromDouble(rate);
        var options = new VideoWriteOptions { Size = Size, FramesPerSecond = exact, FrameCount = count, Mode = WriteMode.Fast };
        await VideoWriter.WriteAsync(path, options, Media.Stream(Media.NumberedFrames(Size, count)), audio, Media.Cancelled);
        var streams = Media.Tell(path);
        var video = streams["video"];
        Assert.Equal(fraction, video["r_frame_rate"]);
        Assert.Equal(fraction, video["avg_frame_rate"]);
        Assert.Equal(count.ToString(CultureInfo.InvariantCulture), video["nb_frames"]);
        Assert.Equal(count / exact.Value, double.Parse(video["duration"], CultureInfo.InvariantCulture), 1e-5);
        Assert.Equal(0, double.Parse(video["start_time"], CultureInfo.InvariantCulture), 1e-6);
        Assert.Equal(audio is null ? 1 : 2, streams.Count);
        if (audio is not null)
        {
            Assert.Equal(count / exact.Value, double.Parse(streams["audio"]["duration"], CultureInfo.InvariantCulture), 1e-3);
        }
    }
}
