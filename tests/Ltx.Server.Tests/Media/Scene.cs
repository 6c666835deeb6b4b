using System.Text.Json;
using Ltx.Server.Tests.Commands;
using Ltx.Video;

namespace Ltx.Server.Tests.Media;

/// <summary>One of the scenes under tests/scenes, in memory.</summary>
/// <param name="SourcePsnr">of the source as it is against the target, inside the mask, as the file says</param>
/// <param name="Mask">one byte a pixel</param>
internal sealed record Scene(string Name, string Prompt, double SourcePsnr, List<byte[]> Source, List<byte[]> Mask, List<byte[]> Target)
{
    public const int Width = 384, Height = 256;

    private const string Empty = "empty background";

    // The scenes are drawn in one colour a subject and stored without loss, but for the rounding of edges.
    private const int SameColour = 2;

    /// <summary>Whether the target shows something under the mask.</summary>
    public bool HasSubject => Prompt != Empty;

    public string VideoFile => File("source.mp4");

    public string MaskFile => File("mask.mp4");

    /// <param name="count">of the eight, in their order</param>
    public static async Task<List<Scene>> ReadAsync(int count)
    {
        using JsonDocument list = JsonDocument.Parse(await System.IO.File.ReadAllBytesAsync(Path.Combine(Repository.Scenes, "scenes.json")));
        List<Scene> scenes = [];
        foreach (JsonElement entry in list.RootElement.EnumerateArray().Take(count))
        {
            Scene scene = new(entry.GetProperty("scene").GetString()!, entry.GetProperty("prompt").GetString()!, entry.GetProperty("source_psnr").GetDouble(), [], [], []);
            scenes.Add(scene with
            {
                Source = await TestMedia.FramesAsync(scene.File("source.mp4")),
                Mask = await TestMedia.FramesAsync(scene.File("mask.mp4"), FramePixels.Gray8),
                Target = await TestMedia.FramesAsync(scene.File("target.mp4")),
            });
        }
        return scenes;
    }

    /// <summary>Of some frames against the target, inside the mask of all frames.</summary>
    public double PsnrInMask(List<byte[]> frames)
    {
        double sum = 0;
        long count = 0;
        foreach ((int frame, int pixel) in Pixels((frame, pixel) => Mask[frame][pixel] > 127))
        {
            for (int c = 0; c < 3; c++) sum += Math.Pow(frames[frame][3 * pixel + c] - Target[frame][3 * pixel + c], 2);
            count += 3;
        }
        return 10 * Math.Log10(255.0 * 255 * count / sum);
    }

    /// <summary>
    /// Where the target shows the subject: pixels under the mask of the colour that stands in the middle of its rectangle, for there the
    /// subject is.
    /// </summary>
    public IEnumerable<(int Frame, int Pixel)> SubjectPixels()
    {
        int[] middles = [.. Mask.Select(Middle)];
        return Pixels((frame, pixel) => Mask[frame][pixel] > 127 && Enumerable.Range(0, 3).All(c => Math.Abs(Target[frame][3 * pixel + c] - Target[frame][3 * middles[frame] + c]) <= SameColour));
    }

    private static int Middle(byte[] mask)
    {
        List<int> white = [.. Enumerable.Range(0, mask.Length).Where(pixel => mask[pixel] > 127)];
        int x = (white.Min(pixel => pixel % Width) + white.Max(pixel => pixel % Width)) / 2, y = (white[0] / Width + white[^1] / Width) / 2;
        return y * Width + x;
    }

    private IEnumerable<(int Frame, int Pixel)> Pixels(Func<int, int, bool> where) =>
        Enumerable.Range(0, Target.Count).SelectMany(frame => Enumerable.Range(0, Width * Height).Where(pixel => where(frame, pixel)).Select(pixel => (frame, pixel)));

    private string File(string name) => Path.Combine(Repository.Scenes, Name, name);
}
