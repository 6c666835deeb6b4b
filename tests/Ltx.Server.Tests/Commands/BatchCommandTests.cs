using System.Text.Json;

namespace Ltx.Server.Tests.Commands;

/// <summary>`ltx batch`: a clip a line. A mask without white keeps the model out of it.</summary>
public sealed class BatchCommandTests(GoodFiles good) : IClassFixture<GoodFiles>
{
    [Fact]
    public async Task A_clip_that_cannot_be_used_stands_in_nobodys_way_and_what_is_there_is_not_made_again()
    {
        using TestFolder folder = new();
        string broken = folder.Text("broken.mp4", "none"), results = folder.Named("results");
        File.Copy(good.Video, folder.Named("beside.mp4"));
        string file = folder.Text("clips.csv", $"""
            video,mask,prompt,out,seed,no-audio
            beside.mp4,{good.Black},"a disc, red",,5,
            {broken},{good.Black},a disc,,,
            {good.Video},{good.Black},a disc,last.mp4,6,true
            """);
        string[] call = ["batch", file, "-o", results, "--steps", "8", "--working-short-side", "0"];

        LtxRun run = await LtxInProcess.RunAsync(call);

        Assert.Equal(BadInput.Users, run.ExitCode);
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.Matches(@"^made    01\.mp4  128x128, 9 frames, seed 5, \d+\.\d s$", lines[0]);
        Assert.Equal("FAILED  02.mp4  The source video is not a video or picture of a known format; send it as MP4, MOV, WebM or MKV.", lines[1]);
        Assert.Matches(@"^made    last\.mp4  128x128, 9 frames, seed 6, \d+\.\d s$", lines[2]);
        Assert.Equal("2 made, 1 failed", lines[3]);
        Assert.Equal([Path.Combine(results, "01.mp4"), Path.Combine(results, "last.mp4")], TestFolder.Names(results));
        Assert.Single(TestMedia.Streams(Path.Combine(results, "last.mp4")));

        File.Copy(good.Video, broken, overwrite: true);
        DateTime before = File.GetLastWriteTimeUtc(Path.Combine(results, "01.mp4"));
        LtxRun again = (await LtxInProcess.RunAsync([.. call, "--json"])).Succeeded();
        using JsonDocument told = JsonDocument.Parse(again.Output);
        Assert.Equal(["there", "made", "there"], told.RootElement.EnumerateArray()
            .Select(one => one.TryGetProperty("state", out JsonElement state) ? state.GetString() : "made"));
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(results, "01.mp4")));
    }

    [Theory]
    [InlineData("video,mask\na,b", "<file>: {0} has no column \"prompt\" in its first line; video, mask and prompt are needed.")]
    [InlineData("video,mask,prompt,colour\na,b,c,d", "line 2 of {0}: there is no option '--colour'; see ltx inpaint --help.")]
    [InlineData("video,mask,prompt,seed\na,b,c,1\na,b,c,many",
        "line 3 of {0}: --seed is 'many', and must be a whole number; see ltx inpaint --help.")]
    // A prompt may begin with a dash.
    [InlineData("video,mask,prompt,seed\na,b,-c d,many", "line 2 of {0}: --seed is 'many', and must be a whole number; see ltx inpaint --help.")]
    [InlineData("video,mask,prompt,out\na,b,c,../d.mp4", "line 2 of {0}: out is \"../d.mp4\", and must be a name in the folder of --out.")]
    [InlineData("video,mask,prompt,out\na,b,c,d.mp4\na,b,c,d.mp4", "line 3 of {0}: another line has the result d.mp4, too.")]
    public async Task What_is_wrong_with_a_line_is_told_before_anything_is_made(string csv, string sentence)
    {
        using TestFolder folder = new();
        string file = folder.Text("clips.csv", csv);

        LtxRun run = await LtxInProcess.RunAsync(["batch", file, "-o", folder.Named("results")]);

        Assert.Equal(BadInput.Users, run.ExitCode);
        Assert.Equal([$"ltx: {sentence.Replace("{0}", file, StringComparison.Ordinal)}"], run.Complaints);
        Assert.Empty(TestFolder.Names(folder.Named("results")));
    }
}
