using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Ltx.Server.Tests.Commands;

/// <summary>Ctrl-C and SIGTERM in the middle of a run.</summary>
public sealed partial class InterruptionTests
{
    private const int Interrupt = 2, Terminate = 15;

    // The command gives itself three seconds; the rest is for a machine that has other work.
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("INT", false, "stage 1")]
    [InlineData("TERM", false, "frames")]
    // A terminal sends it to ffmpeg too.
    [InlineData("INT", true, "reading")]
    [InlineData("INT", true, "frames")]
    public async Task An_interrupted_run_ends_soon_and_leaves_nothing(string signal, bool wholeGroup, string stage)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Signals and sessions are Linux's here.");
        using TestFolder folder = new();
        // Only what is to be interrupted has to last.
        (int width, int height, int frames) = stage == "stage 1" ? (320, 256, 33) : (128, 128, 17);
        string video = TestMedia.VideoWithSound(folder, "source.mp4", width: width, height: height, frames: frames), mask = TestMedia.Mask(folder, width: width, height: height);
        InpaintCall call = new(folder, video, mask)
        {
            // A session of its own, and signals as a terminal's shell leaves them: what runs the tests may have them ignored.
            Before = ["setsid", "env", "--default-signal=INT,TERM"],
        };
        if (stage == "frames")
        {
            // The last stage is a short one; with an encoder that takes one frame a second it is not over before the signal is there.
            string ffmpeg = TestMedia.Tool("ffmpeg");
            call.Environment["LTX_FFMPEG"] = folder.Tools(ffmpeg: $"case \"$*\" in *libx264*) exec {ffmpeg} -readrate 0.04 \"$@\";; esac; exec {ffmpeg} \"$@\"");
        }
        string[] before = TestFolder.Names(folder.Path);

        using LtxProcess process = call.Start();
        await process.HearsAsync(stage);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.Equal(0, Kill(wholeGroup ? -process.Id : process.Id, signal == "INT" ? Interrupt : Terminate));
        LtxRun run = await process.EndAsync();

        Assert.True(run.ExitCode == 130, $"Exit code {run.ExitCode}: {run.Error}");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Soon);
        Assert.Equal(["ltx: interrupted"], run.Complaints);
        Assert.Empty(run.Output);
        Assert.Equal(before, TestFolder.Names(folder.Path));
        Assert.Empty(Session(process.Id));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    // The processes of a session: what the program started is in its own. The fields behind the name: state, parent, group, session.
    private static IEnumerable<string> Session(int id) => Directory.GetDirectories("/proc").Select(Stat).Where(stat => stat is not null && Fields(stat) is [not "Z", _, _, var session, ..] && session == id.ToString(CultureInfo.InvariantCulture))!;

    private static string[] Fields(string stat) => stat[(stat.LastIndexOf(')') + 2)..].Split(' ');

    private static string? Stat(string process)
    {
        try
        {
            return int.TryParse(Path.GetFileName(process), out _) ? File.ReadAllText(Path.Combine(process, "stat")) : null;
        }
        catch (IOException)
        {
            // It has ended in the meantime.
            return null;
        }
    }
}
