using Ltx.Server.Media;
using Ltx.Server.Tests.Commands;
using Ltx.Video;

namespace Ltx.Server.Tests.Media;

/// <summary>Programs that never end. In a class of its own: it waits beside other tests.</summary>
public sealed class HangingToolTests(GoodFiles good, LoadedPipeline loaded) : IClassFixture<GoodFiles>, IClassFixture<LoadedPipeline>
{
    private const string Hang = "exec sleep 600";

    [Fact]
    public async Task Ffprobe_that_hangs_is_given_up_by_the_command()
    {
        using TestFolder folder = new();
        InpaintCall call = good.Call(folder);
        call.Environment["LTX_FFMPEG"] = folder.Tools(ffprobe: Hang);

        LtxRun run = await call.RunAsync();

        Assert.Equal("ltx: ffprobe took longer than the 30 seconds that it is allowed.", Assert.Single(run.Complaints));
        Assert.Equal(BadInput.Ours, run.ExitCode);
        Assert.Empty(TestFolder.Names(Path.GetDirectoryName(call.Output)!));
    }

    [Theory]
    [InlineData(Hang)]
    // Only the encoder: the engine has frames for it and must not wait for ever.
    [InlineData("case \"$*\" in *libx264*) exec sleep 600;; esac; exec ffmpeg \"$@\"")]
    public async Task Ffmpeg_that_hangs_ends_the_run_and_leaves_nothing(string script)
    {
        using TestFolder folder = new();
        string target = Path.Combine(folder.Folder("out"), "result.mp4");
        MediaLimits limits = new() { ToolFolder = folder.Tools(ffmpeg: script), WorkTime = TimeSpan.FromSeconds(3) };

        MediaException error = await Assert.ThrowsAsync<MediaException>(() => loaded.RunAsync(new ClipJob(good.Video, good.Mask, "a red disc", target) { Seed = 1, Steps = 8 }, limits));

        Assert.Equal((MediaFault.Server, "ffmpeg took longer than the 3 seconds that it is allowed."), (error.Fault, error.Message));
        Assert.Empty(TestFolder.Names(Path.GetDirectoryName(target)!));
    }
}
