using System.Buffers.Binary;
using System.Text.RegularExpressions;
using Ltx.Inference.Generation;
using Ltx.Inference.Recipes;
using Ltx.Inference.Weights;
using Ltx.Server.Commands;
using Ltx.Server.Tests.Media;

namespace Ltx.Server.Tests.Commands;

/// <summary>What a newcomer sees first.</summary>
public sealed partial class DemoTests(LoadedPipeline loaded) : IClassFixture<LoadedPipeline>
{
    // The subject's own colours differ from red by far more; a frame of the source's and the result's that were equal would differ by none.
    private const double ClearlyRedder = 40;

    [Fact]
    public async Task Four_files_a_red_disc_and_sound()
    {
        using TestFolder folder = new();
        string target = folder.Named("made/demo");

        LtxRun run = (await LtxProcess.RunAsync(["demo", "--out", target])).Succeeded();

        string[] files = [.. PrintedPath().Matches(run.Output).Select(match => match.Groups[1].Value)];
        Assert.Equal(["source.mp4", "mask.mp4", "result.mp4", "side-by-side.png"], files.Select(file => Path.GetRelativePath(target, file)));
        Assert.Equal(files.Order(StringComparer.Ordinal), TestFolder.Names(target));
        foreach (string file in new[] { "source.mp4", "result.mp4" })
        {
            Dictionary<string, string> video = TestMedia.Tell(Path.Combine(target, file), "v:0"), audio = TestMedia.Tell(Path.Combine(target, file), "a:0");
            Assert.Equal(("384", "256", "24/1", "25", "h264", "aac"), (video["width"], video["height"], video["r_frame_rate"], video["nb_read_frames"], video["codec_name"], audio["codec_name"]));
            Assert.Equal(25.0 / 24, TestMedia.Duration(Path.Combine(target, file), "a:0"), tolerance: TestMedia.DurationTolerance);
        }
        byte[] picture = await File.ReadAllBytesAsync(files[3], TestContext.Current.CancellationToken);
        Assert.Equal((3 * 384, 256), (BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(picture.AsSpan(20))));
        double before = Redness(DemoScene.Frame(12)), after = Redness((await TestMedia.FramesAsync(files[2]))[12]);
        Assert.True(after > before + ClearlyRedder, $"Red minus the mean of green and blue under the mask was {before:0.0} and is {after:0.0}.");
    }

    [Fact]
    public async Task Beyond_the_feathered_mask_every_pixel_is_the_sources_before_encoding()
    {
        int feather = RecipeBook.Open(ModelFolder.Open(Repository.Model).Recipe!).Composite.Feather.On(DemoScene.Height, DemoScene.Width);
        List<byte[]> source = [.. Enumerable.Range(0, DemoScene.Frames).Select(DemoScene.Frame)], mask = [.. Enumerable.Range(0, DemoScene.Frames).Select(Mask)];
        InpaintRequest request = new("a red disc", source, mask, DemoScene.Width, DemoScene.Height, DemoScene.FramesPerSecond) { Seed = 1234, Steps = 8, GenerateAudio = false };
        CollectingSink sink = new();

        await (await loaded.Engine).RunAsync(pipeline => pipeline.Run(request, sink, cancellation: TestContext.Current.CancellationToken));

        Assert.Equal(source.Count, sink.Frames.Count);
        for (int i = 0; i < source.Count; i++)
        {
            bool[] near = Grown(mask[i], feather);
            int changed = Enumerable.Range(0, near.Length).Count(pixel => !Same(source[i], sink.Frames[i], pixel));
            int changedBeyond = Enumerable.Range(0, near.Length).Count(pixel => !near[pixel] && !Same(source[i], sink.Frames[i], pixel));
            Assert.Equal(0, changedBeyond);
            // Otherwise nothing was shown: most of what is under the mask is new.
            Assert.True(changed > mask[i].Count(value => value != 0) / 2, $"Only {changed} pixels of frame {i} have changed.");
        }
    }

    // Red less the mean of green and blue, on average under the mask of the middle frame.
    private static double Redness(byte[] frame) =>
        Mask(12).Index().Where(pixel => pixel.Item != 0).Average(pixel => frame[3 * pixel.Index] - (frame[3 * pixel.Index + 1] + frame[3 * pixel.Index + 2]) / 2.0);

    private static byte[] Mask(int index) => [.. DemoScene.Mask(index).Chunk(3).Select(pixel => pixel[0])];

    private static bool Same(byte[] a, byte[] b, int pixel) => a.AsSpan(3 * pixel, 3).SequenceEqual(b.AsSpan(3 * pixel, 3));

    private static bool[] Grown(byte[] mask, int by)
    {
        bool[] grown = new bool[mask.Length];
        foreach (int pixel in Enumerable.Range(0, mask.Length).Where(pixel => mask[pixel] != 0))
        {
            (int y, int x) = Math.DivRem(pixel, DemoScene.Width);
            for (int row = Math.Max(0, y - by); row <= Math.Min(DemoScene.Height - 1, y + by); row++)
            {
                int left = Math.Max(0, x - by), right = Math.Min(DemoScene.Width - 1, x + by);
                grown.AsSpan(row * DemoScene.Width + left, right - left + 1).Fill(true);
            }
        }
        return grown;
    }

    [GeneratedRegex(@"(?m)^(?:source|mask|result|side by side): +(\S+)")]
    private static partial Regex PrintedPath();
}
