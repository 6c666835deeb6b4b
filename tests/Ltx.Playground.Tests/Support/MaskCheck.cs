using System.Globalization;
using System.Text.Json;
using Ltx.Server.Playground;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Playground;

namespace Ltx.Playground.Tests.Support;

/// <summary>A mask file as ffmpeg decodes it, against a drawing by the rule of docs/marks.md.</summary>
internal static class MaskCheck
{
    /// <summary>Seconds of each frame, from the first: whole ticks over ticks a second, so that a mark's edge that lies on a pixel's centre still does.</summary>
    public static double[] Times(string file)
    {
        string[] lines = TestMedia.Run("ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=time_base:frame=pts", "-of", "csv=p=0", file)
            .Split(['\n', '\r', ','], StringSplitOptions.RemoveEmptyEntries);
        string[] timeBase = lines.Single(line => line.Contains('/')).Split('/');
        Assert.Equal("1", timeBase[0]);
        long[] ticks = [.. lines.Where(line => !line.Contains('/')).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
        return [.. ticks.Select(tick => (tick - ticks[0]) / double.Parse(timeBase[1], CultureInfo.InvariantCulture))];
    }

    /// <summary>Every frame once, in the file's own size: 255 where luma is above one half, else 0.</summary>
    public static List<byte[]> Frames(string file, int width, int height)
    {
        using TestFolder folder = new();
        string raw = TestMedia.Make(folder, "frames.gray", "-i", file, "-fps_mode", "passthrough", "-vf", "scale=out_range=pc", "-pix_fmt", "gray", "-f", "rawvideo");
        return [.. File.ReadAllBytes(raw).Select(luma => luma > 127 ? (byte)255 : (byte)0).Chunk(width * height)];
    }

    /// <summary>What the drawing means, frame by frame.</summary>
    public static List<byte[]> Expected(JsonElement marks, int width, int height, IReadOnlyList<double> times)
    {
        (MaskRequest? request, Server.Fal.FalDetail? problem) = MaskRequestReader.Read(JsonSerializer.SerializeToElement(new { width, height, times, marks }), Server.Configuration.SourceLimits.Default.Pixels);
        Assert.True(problem is null, problem?.Message);
        return [.. times.Select(time => MarksRule.Frame(width, height, request!.Marks, time))];
    }

    public static void AssertSame(IReadOnlyList<byte[]> expected, IReadOnlyList<byte[]> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int frame = 0; frame < expected.Count; frame++)
        {
            int differing = expected[frame].Zip(actual[frame]).Count(pair => pair.First != pair.Second);
            Assert.True(expected[frame].Length == actual[frame].Length && differing == 0, $"Frame {frame}: {differing} of {expected[frame].Length} pixels differ.");
        }
    }
}
