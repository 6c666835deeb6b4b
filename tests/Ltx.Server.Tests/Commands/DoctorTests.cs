namespace Ltx.Server.Tests.Commands;

public sealed class DoctorTests
{
    private static readonly string[] Doctor = ["doctor"];

    [Fact]
    public async Task Everything_that_a_run_needs_is_found_here()
    {
        LtxRun run = await LtxProcess.RunAsync(Doctor);

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
