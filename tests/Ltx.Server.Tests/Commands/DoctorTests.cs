using System.Globalization;
using System.Text.RegularExpressions;

namespace Ltx.Server.Tests.Commands;

public sealed class DoctorTests
{
    private static readonly string[] Doctor = ["doctor"];

    [Fact]
    public async Task Everything_that_a_run_needs_is_found_here()
    {
        LtxRun run = await LtxInProcess.RunAsync(Doctor);

        Assert.Matches(@"(?m)^ok       libtorch    2\.\d+\.\d+ for (CPU|CUDA) in .+, \d+ threads, BLAS: \S.+$", run.Output);
        Assert.Matches("(?m)^(ok     |MISSING|-      )  gpu         .+$", run.Output);
        Assert.Matches(@"(?m)^ok       ffmpeg      .*ffmpeg \(ffmpeg version .+\)$", run.Output);
        Assert.Matches(@"(?m)^ok       ffprobe     .*ffprobe \(ffprobe version .+\)$", run.Output);
        Assert.Matches(@"(?m)^ok       memory      \d+\.\d GiB, \d+ processors$", run.Output);
        Assert.Matches("(?m)^ok       model       miniature ", run.Output);
        Assert.Empty(run.Error);
        // A card that this build cannot use is missing something; the test's machine may have one.
        Assert.Equal(run.Output.Contains("MISSING  gpu", StringComparison.Ordinal) ? 1 : 0, run.ExitCode);
    }

    [Fact]
    public async Task Recipe_and_overrides_are_those_of_the_settings()
    {
        LtxRun run = await LtxInProcess.RunAsync([.. Doctor, "--set", "Inpaint:Recipe=hq", "--set", "Inpaint:Feather=3"]);
        Assert.Contains("Recipe hq, with Feather 3.", run.Output, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^ok       attention   \S+", run.Output);

        LtxRun plain = (await LtxInProcess.RunAsync([.. Doctor, "--plan", "320x192x25", "--model", "miniature"])).Succeeded();
        LtxRun smaller = (await LtxInProcess.RunAsync([.. Doctor, "--plan", "320x192x25", "--model", "miniature", "--set", "Inpaint:Recipe=official-inpaint-2.3"])).Succeeded();
        Assert.Contains("Recipe miniature/recipe.json.", plain.Output, StringComparison.Ordinal);
        Assert.Contains("Recipe official-inpaint-2.3.", smaller.Output, StringComparison.Ordinal);

        LtxRun wrong = await LtxInProcess.RunAsync([.. Doctor, "--set", "Inpaint:Fether=3"]);
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("Fether", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_ffmpeg_the_exit_code_is_1_and_there_is_advice()
    {
        using TestFolder folder = new();

        LtxRun run = await LtxProcess.RunAsync(Doctor, new Dictionary<string, string> { ["LTX_FFMPEG"] = folder.Path });

        Assert.Equal(1, run.ExitCode);
        Assert.Matches("(?m)^MISSING  ffmpeg ", run.Output);
        Assert.Matches("(?m)^MISSING  ffprobe ", run.Output);
        Assert.Contains("Install your distribution's ffmpeg package.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_libtorch_the_exit_code_is_1_and_the_rest_is_still_looked_at()
    {
        using TestFolder folder = new();

        LtxRun run = await LtxProcess.RunAsync(Doctor, new Dictionary<string, string> { ["LTX_LIBTORCH"] = folder.Path });

        Assert.Equal(1, run.ExitCode);
        Assert.Matches("(?m)^MISSING  libtorch    libtorch was not found", run.Output);
        Assert.Matches("(?m)^ok       ffmpeg ", run.Output);
    }

    [Fact]
    public async Task A_plan_is_made_for_every_usual_card_and_a_frame_that_is_shown_counts()
    {
        // The first by a process of its own, which has touched no tensor when it plans.
        LtxRun blind = (await LtxProcess.RunAsync([.. Doctor, "--plan", "1920x1088x121"])).Succeeded(), seeing = (await LtxInProcess.RunAsync([.. Doctor, "--plan", "1920x1088x121", "--show-frame"])).Succeeded();
        foreach (string card in (string[])["80 GB", "48 GB", "24 GB", "16 GB"]) Assert.Matches($"(?m)^{card}  bfloat16  .+$", blind.Output);
        // The tower's 421 million numbers, where Gemma stays on the card.
        Assert.Equal(0.842, Weights(seeing) - Weights(blind), tolerance: 0.11);

        LtxRun refused = await LtxInProcess.RunAsync([.. Doctor, "--plan", "1920x1088x121", "--show-frame", "--model", "miniature"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("does not expand prompts", Assert.Single(refused.Complaints), StringComparison.Ordinal);

        static double Weights(LtxRun run)
        {
            string[][] rows = [.. run.Output.Split('\n').Select(line => Regex.Split(line, " {2,}"))];
            return double.Parse(rows.First(row => row is ["80 GB", "bfloat16", ..])[Array.IndexOf(rows[0], "weights")], CultureInfo.InvariantCulture);
        }
    }

    [Fact]
    public async Task A_model_that_is_not_whole_and_a_home_without_models_are_missing()
    {
        using TestFolder folder = new();
        Dictionary<string, string> home = new() { ["LTX_HOME"] = folder.Path };

        LtxRun without = await LtxProcess.RunAsync(Doctor, home);
        Directory.Move(BrokenModel.Naming(folder, BrokenModel.Upscaler, "none"), Path.Combine(folder.Folder("models"), "half"));
        LtxRun broken = await LtxProcess.RunAsync(Doctor, home);

        Assert.Equal((1, 1), (without.ExitCode, broken.ExitCode));
        Assert.Matches("(?m)^MISSING  models      none under ", without.Output);
        Assert.Matches("(?m)^MISSING  model       half: .+ names \"none\" as its upscaler", broken.Output);
    }
}
