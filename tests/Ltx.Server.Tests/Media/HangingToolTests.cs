using Ltx.Inference.Generation;
using Ltx.Server.Media;
using Ltx.Server.Tests.Commands;
using Ltx.Video;

namespace Ltx.Server.Tests.Media;

/// <summary>Programs that never end. In a class of its own: it waits beside other tests.</summary>
public sealed class HangingToolTests(GoodFiles good, LoadedPipeline loaded) : IClassFixture<GoodFiles>, IClassFixture<LoadedPipeline>
{
    private const string Hang = "exec sleep 600";

    [Theory]
    [InlineData("ffprobe", Hang, 2)]
    [InlineData("ffmpeg", Hang, 3)]
    // Only the encoder: the engine has frames for it and must not wait for ever.
    [InlineData("ffmpeg", "case \"$*\" in *libx264*) exec sleep 600;; esac; exec ffmpeg \"$@\"", 3)]
    public async Task A_program_that_hangs_ends_the_run_and_leaves_nothing(string program, string script, int seconds)
    {
        using TestFolder folder = new();
        string target = Path.Combine(folder.Folder("out"), "result.mp4");
        // Only what hangs is given little time: the other program may take long on a busy machine.
        MediaLimits limits = program == "ffprobe"
            ? new MediaLimits { ToolFolder = folder.Tools(ffprobe: script), ProbeTime = TimeSpan.FromSeconds(seconds) }
            : new MediaLimits { ToolFolder = folder.Tools(ffmpeg: script), WorkTime = TimeSpan.FromSeconds(seconds) };

        MediaException error = await Assert.ThrowsAsync<MediaException>(() => loaded.RunAsync(new ClipJob(good.Video, good.Mask, new GenerationParameters("a red disc") { Seed = 1, Steps = 8 }, target), limits));

        Assert.Equal((MediaFault.Server, $"{program} took longer than the {seconds} seconds that it is allowed."), (error.Fault, error.Message));
        Assert.Empty(TestFolder.Names(Path.GetDirectoryName(target)!));
    }

    [Fact]
    public void What_commands_and_server_allow_is_half_a_minute_for_a_look_and_ten_for_a_clip() =>
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10)), (MediaLimits.Default.ProbeTime, MediaLimits.Default.WorkTime));
}
