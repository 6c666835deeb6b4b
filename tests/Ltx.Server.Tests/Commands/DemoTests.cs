using System.Buffers.Binary;
using System.Text.RegularExpressions;
using Ltx.Server.Media;

namespace Ltx.Server.Tests.Commands;

/// <summary>What a newcomer sees first.</summary>
public sealed partial class DemoTests
{
    // The subject's own colours differ from red by far more; a frame of the source's and the result's that were equal would differ by none.
    private const double ClearlyRedder = 40;

    [Fact]
    public async Task Four_files_a_red_disc_and_sound()
    {
        using TestFolder folder = new();
        string target = folder.Named("made/demo");

        LtxRun run = (await LtxInProcess.RunAsync(["demo", "--out", target])).Succeeded();

        string[] files = [.. PrintedPath().Matches(run.Output).Select(match => match.Groups[1].Value)];
        Assert.Equal(["source.mp4", "mask.mp4", "result.mp4", "side-by-side.png"], files.Select(file => Path.GetRelativePath(target, file)));
        Assert.Equal(files.Order(StringComparer.Ordinal), TestFolder.Names(target));
        foreach (string file in new[] { "source.mp4", "result.mp4" })
        {
            List<Dictionary<string, string>> streams = TestMedia.Streams(Path.Combine(target, file));
            Dictionary<string, string> video = TestMedia.Of(streams, "v:0"), audio = TestMedia.Of(streams, "a:0");
            Assert.Equal(("384", "256", "24/1", "25", "h264", "aac"), (video["width"], video["height"], video["r_frame_rate"], video["nb_read_frames"], video["codec_name"], audio["codec_name"]));
            Assert.Equal(25.0 / 24, TestMedia.Duration(audio), tolerance: TestMedia.DurationTolerance);
        }
        byte[] picture = await File.ReadAllBytesAsync(files[3], TestContext.Current.CancellationToken);
        Assert.Equal((3 * 384, 256), (BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20))));
        double before = Redness(DemoScene.Frame(12)), after = Redness((await TestMedia.FramesAsync(files[2]))[12]);
        Assert.True(after > before + ClearlyRedder, $"Red minus the mean of green and blue under the mask was {before:0.0} and is {after:0.0}.");
    }

    // Red less the mean of green and blue, on average under the mask of the middle frame.
    private static double Redness(byte[] frame) =>
        Mask(12).Index().Where(pixel => pixel.Item != 0).Average(pixel => frame[3 * pixel.Index] - (frame[3 * pixel.Index + 1] + frame[3 * pixel.Index + 2]) / 2.0);

    private static byte[] Mask(int index) => [.. DemoScene.Mask(index).Chunk(3).Select(pixel => pixel[0])];

    [GeneratedRegex(@"(?m)^(?:source|mask|result|side by side): +(\S+)")]
    private static partial Regex PrintedPath();
}
