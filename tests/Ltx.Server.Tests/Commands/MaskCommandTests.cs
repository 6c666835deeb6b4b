using System.Text.Json;
using Ltx.Server.Playground;
using Ltx.Server.Tests.Playground;
using Ltx.Video;

namespace Ltx.Server.Tests.Commands;

/// <summary>`ltx mask`: what was asked for is white, frame by frame, and nothing else.</summary>
public sealed class MaskCommandTests
{
    [Fact]
    public async Task A_moving_box_over_a_source_is_white_where_it_is_at_each_time()
    {
        using TestFolder folder = new();
        string source = TestMedia.Video(folder, width: 96, height: 64, frames: 12), mask = folder.Named("mask.mp4");

        LtxRun run = (await LtxInProcess.RunAsync(["mask", "-v", source, "--rect", "0:8,4,20,10 0.25:44,28,20,10", "-o", mask])).Succeeded();

        Assert.Equal($"{mask}: 96x64, 12 frames at 24 a second\n", run.Output);
        List<byte[]> frames = await TestMedia.FramesAsync(mask, FramePixels.Gray8);
        Assert.Equal(12, frames.Count);
        foreach ((int i, byte[] frame) in frames.Index())
        {
            // From (8, 4) to (44, 28) in a quarter of a second, which are 6 frames, and then it stays.
            double way = Math.Min(1, i / 6.0), left = 8 + (36 * way), top = 4 + (24 * way);
            IEnumerable<byte> expected = Enumerable.Range(0, 96 * 64)
                .Select(at => (at % 96) + 0.5 - left is >= 0 and <= 20 && (at / 96) + 0.5 - top is >= 0 and <= 10 ? (byte)255 : (byte)0);
            Assert.Equal(expected, frame);
        }
    }

    [Fact]
    public async Task A_drawing_of_the_page_is_the_mask_that_the_page_makes_of_it_and_can_be_turned_inside_out()
    {
        using TestFolder folder = new();
        string marks = folder.Text("marks.json", JsonSerializer.Serialize(Drawings.Everything())), mask = folder.Named("mask.mp4");

        (await LtxInProcess.RunAsync(
            ["mask", "--size", "100x70", "--frames", "3", "--fps", "10", "--marks", marks, "--invert", "-o", mask, "--quiet"])).Succeeded();

        Marks drawing = MaskRequestReader.ReadMarks(JsonSerializer.SerializeToElement(Drawings.Everything())).Marks!;
        foreach ((int i, byte[] frame) in (await TestMedia.FramesAsync(mask, FramePixels.Gray8)).Index())
        {
            Assert.Equal(MarksRule.Frame(100, 70, drawing with { Invert = !drawing.Invert }, i / 10.0), frame);
        }
    }

    [Fact]
    public async Task An_ellipse_fills_its_box()
    {
        using TestFolder folder = new();
        string mask = folder.Named("mask.mp4");

        LtxRun run = (await LtxInProcess.RunAsync(["mask", "--size", "64x48", "--frames", "1", "--ellipse", "16,8,32,20", "-o", mask, "--json"]))
            .Succeeded();

        using JsonDocument told = JsonDocument.Parse(run.Output);
        Assert.Equal((64, 48, 1),
            (told.RootElement.GetProperty("width").GetInt32(), told.RootElement.GetProperty("height").GetInt32(),
            told.RootElement.GetProperty("frames").GetInt32()));
        byte[] frame = Assert.Single(await TestMedia.FramesAsync(mask, FramePixels.Gray8));
        List<(int X, int Y)> white = [.. frame.Index().Where(pixel => pixel.Item == 255).Select(pixel => (pixel.Index % 64, pixel.Index / 64))];
        Assert.Equal((16, 47, 8, 27), (white.Min(p => p.X), white.Max(p => p.X), white.Min(p => p.Y), white.Max(p => p.Y)));
        Assert.InRange(white.Count, Math.PI * 16 * 10 * 0.97, Math.PI * 16 * 10 * 1.03);
    }

    [Theory]
    [InlineData("Give the source with --video, or --size as WIDTHxHEIGHT with --frames.", "--rect", "1,1,2,2")]
    [InlineData("The mask has no shape: give --rect, --ellipse or --marks.", "--size", "8x8", "--frames", "1")]
    [InlineData("--rect \"1,2,3\" is not LEFT,TOP,WIDTH,HEIGHT, nor several of them", "--size", "8x8", "--frames", "1", "--rect", "1,2,3")]
    [InlineData("--rect \"1,2,3,0\" is not LEFT,TOP,WIDTH,HEIGHT, nor several of them", "--size", "8x8", "--frames", "1", "--rect", "1,2,3,0")]
    [InlineData("--ellipse \"1:1,2,3,4 1:1,2,3,4\": its times must rise.", "--size", "8x8", "--frames", "1", "--ellipse", "1:1,2,3,4 1:1,2,3,4")]
    [InlineData("--marks: {0} is no drawing: shapes.0.keys.0.rx: Field required.", "--size", "8x8", "--frames", "1", "--marks", "{0}")]
    public async Task What_is_no_mask_is_told_in_a_sentence(string sentence, params string[] arguments)
    {
        using TestFolder folder = new();
        string marks = folder.Text("marks.json", """{ "shapes": [ { "type": "rect", "keys": [ { "time": 0, "x": 1, "y": 1 } ] } ] }""");
        string Put(string text) => text.Replace("{0}", marks, StringComparison.Ordinal);

        LtxRun run = await LtxInProcess.RunAsync(["mask", .. arguments.Select(Put), "-o", folder.Named("mask.mp4")]);

        Assert.Equal(BadInput.Users, run.ExitCode);
        Assert.StartsWith($"ltx: {Put(sentence)}", Assert.Single(run.Complaints), StringComparison.Ordinal);
        Assert.False(File.Exists(folder.Named("mask.mp4")));
    }
}
