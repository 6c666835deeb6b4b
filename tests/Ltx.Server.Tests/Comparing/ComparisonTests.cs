using Ltx.Inference.Generation;
using Ltx.Inference.Recipes;
using Ltx.Server.Comparing;
using Ltx.Server.Media;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Tests.Media;
using Ltx.Video;

namespace Ltx.Server.Tests.Comparing;

public sealed class ComparisonTests(LoadedPipeline loaded) : IClassFixture<LoadedPipeline>
{
    private const int Size = 40;

    [Fact]
    public void An_untouched_clip_has_no_seam_and_no_green()
    {
        List<byte[]> source = [Grey(100), Grey(104)];
        ClipFigures figures = ClipFigures.Of(source, source, [Square()], Size, Size);
        Assert.Equal(new ClipFigures(double.PositiveInfinity, 0, 4, 4, 0), Rounded(figures));
    }

    [Fact]
    public void What_is_wrong_with_a_result_shows_in_its_figures()
    {
        byte[] result = Grey(100), mask = Square();
        for (int i = 0; i < mask.Length; i++)
        {
            if (mask[i] == 0) continue;
            // A step of 20 at the edge, and one of its 100 pixels green.
            result.AsSpan(3 * i, 3).Fill(120);
        }
        int middle = 20 * Size + 20;
        (result[3 * middle], result[3 * middle + 1], result[3 * middle + 2]) = (0x66, 0xFF, 0x00);
        result[0] = 110;
        ClipFigures figures = ClipFigures.Of([Grey(100)], [result], [mask], Size, Size);
        Assert.Equal(20, figures.SeamStep, 1e-9);
        // One number of a pixel beyond the mask is off by ten.
        Assert.Equal(10 * Math.Log10(255 * 255 / (100.0 / (3 * (Size * Size - 100)))), figures.Psnr, 1e-9);
        Assert.Equal(100.0 / (34 * 34), figures.Green, 1e-9);
    }

    [Fact]
    public void Clips_come_from_a_table_and_what_is_wrong_with_it_is_said()
    {
        using TestFolder folder = new();
        string file = folder.Text("clips.csv", "prompt,video,mask\n\"a \"\"red\"\" disc, moving\",a.mp4,b.png\n");
        Assert.Equal(new ComparedClip("01", Path.Combine(folder.Path, "a.mp4"), Path.Combine(folder.Path, "b.png"), "a \"red\" disc, moving"), Assert.Single(ComparedClip.Read(file)));
        Assert.Contains("no column \"mask\"", Assert.ThrowsAny<Exception>(() => ComparedClip.Read(folder.Text("a.csv", "video,prompt\nx,y\n"))).Message, StringComparison.Ordinal);
        Assert.Contains("line 2", Assert.ThrowsAny<Exception>(() => ComparedClip.Read(folder.Text("b.csv", "video,mask,prompt\nx\n"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clip_goes_through_every_recipe_and_there_is_a_sheet_and_a_table()
    {
        using TestFolder folder = new(), inputs = new();
        // In the form that is kept bit for bit: the scenes themselves are RGB, which loses half of its chroma.
        string scene = Path.Combine(Repository.Scenes, "00");
        string source = TestMedia.Make(inputs, "source.mp4", "-i", Path.Combine(scene, "source.mp4"), "-pix_fmt", "yuv420p", "-c:v", "libx264", "-qp", "0");
        ComparedClip clip = new("disc", source, Path.Combine(scene, "mask.mp4"), "an orange disc");
        ClipJob job = new(clip.Video, clip.Mask, new GenerationParameters("") { Steps = 8 }, "") { Frames = 1 };
        Comparison comparison = new(await loaded.Engine, ["until-now", "official-inpaint-2.3"], [3], folder.Path);

        List<Comparison.Row> rows = await comparison.RunAsync(
            [(clip, await ClipFiles.ProbeAsync(job, MediaLimits.Default, TestContext.Current.CancellationToken))], job, _ => { }, TestContext.Current.CancellationToken);

        Assert.Equal([("disc", "until-now", 3L), ("disc", "official-inpaint-2.3", 3L)], rows.Select(row => (row.Clip, row.Recipe, row.Seed)));
        // Not the codec's loss alone: the feather lies beyond the mask, too. A picture made anew as a whole is far below.
        Assert.InRange(rows[0].Figures.Psnr, 30, 60);
        Assert.Equal(["disc-official-inpaint-2.3-3.mp4", "disc-until-now-3.mp4", "disc.mp4", "disc.png", "figures.csv"], TestFolder.Names(folder.Path).Select(Path.GetFileName));
        Assert.Equal(3, File.ReadAllLines(Path.Combine(folder.Path, "figures.csv")).Length);
        // Two columns of 384x256, source and mask above, a result a place below.
        Dictionary<string, string> sheet = TestMedia.Tell(Path.Combine(folder.Path, "disc.mp4"), "v:0");
        Assert.Equal(("772", "516", "4"), (sheet["width"], sheet["height"], sheet["nb_read_frames"]));
    }

    [Fact]
    public async Task Recipes_are_listed_and_shown()
    {
        LtxRun list = (await LtxInProcess.RunAsync(["recipes", "list"])).Succeeded(), show = (await LtxInProcess.RunAsync(["recipes", "show", "default"])).Succeeded();
        Assert.All(RecipeBook.Names(), name => Assert.Contains(name, list.Output, StringComparison.Ordinal));
        Assert.Contains("\"resampled\"", show.Output, StringComparison.Ordinal);
        LtxRun none = await LtxInProcess.RunAsync(["recipes", "show", "nothing"]);
        Assert.Equal(2, none.ExitCode);
    }

    private static ClipFigures Rounded(ClipFigures figures) => figures with { FlickerInside = Math.Round(figures.FlickerInside, 9), FlickerAround = Math.Round(figures.FlickerAround, 9), SeamStep = Math.Round(figures.SeamStep, 9) };

    private static byte[] Grey(byte value) => [.. Enumerable.Repeat(value, Size * Size * 3)];

    // Ten by ten in the middle.
    private static byte[] Square() => [.. Enumerable.Range(0, Size * Size).Select(i => i / Size is >= 15 and < 25 && i % Size is >= 15 and < 25 ? byte.MaxValue : (byte)0)];
}
