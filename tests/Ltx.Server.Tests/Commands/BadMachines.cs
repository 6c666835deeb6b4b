using System.Diagnostics;
using static Ltx.Server.Tests.Commands.BadInput;

namespace Ltx.Server.Tests.Commands;

/// <summary>Machines on which a sound call cannot be done. What else becomes of a result that cannot be written: VideoWriterTests.</summary>
internal static class BadMachines
{
    private const string NoRoom = "There is no room left on the disk for the result.", Crash = "ffmpeg crashed (exit code 139).", Nobody = "65534";

    public static IEnumerable<BadInput> All =>
    [
        new("ffmpeg: missing", Ours, "ffprobe was not found in the folder that LTX_FFMPEG", call => call.Environment["LTX_FFMPEG"] = call.Folder.Folder("no-tools")),
        new("ffmpeg: not for this machine", Ours, "ffmpeg does not run on this machine", call => call.Environment["LTX_FFMPEG"] = call.Folder.Tools(ffmpeg: "exec /nowhere/ffmpeg", ffprobe: "exec /nowhere/ffprobe")),
        new("ffprobe: crashes", Ours, Crash, call => call.Environment["LTX_FFMPEG"] = call.Folder.Tools(ffprobe: "kill -SEGV $$")),
        new("ffmpeg: crashes while it reads", Ours, Crash, call => call.Environment["LTX_FFMPEG"] = call.Folder.Tools(ffmpeg: "kill -SEGV $$")),
        new("ffmpeg: crashes while it writes", Ours, Crash, call => call.Environment["LTX_FFMPEG"] = call.Folder.Tools(ffmpeg: $"case \"$*\" in *libx264*) head -c 1000 >/dev/null; kill -SEGV $$;; esac; exec {TestMedia.Tool("ffmpeg")} \"$@\"")),
        new("libtorch: missing", Ours, "libtorch was not found", call => call.Environment["LTX_LIBTORCH"] = call.Folder.Folder("no-libtorch")),
        new("disk: full when the picture is written", Ours, NoRoom, call =>
        {
            // Noise takes far more room than there is.
            call.Video = TestMedia.Make(call.Folder, "noise.mp4", "-f", "lavfi", "-i", "color=gray:s=256x256:r=24,noise=alls=80:allf=t", "-frames:v", "9", "-pix_fmt", "yuv420p");
            OnFullDisk(call.Untouched());
        }),
        new("source: may not be read", Ours, "The source video cannot be read from the disk.", call =>
        {
            call.Video = Unreadable(call.Folder, call.Video);
            AsNobody(call);
        }),
        new("LoRA: may not be read", Users, "cannot be read", call =>
        {
            call.With("--lora", Unreadable(call.Folder, Repository.MagentaLora));
            AsNobody(call);
        }),
        new("--out: in a folder that may not be written to", Users, "cannot be written to.", call =>
        {
            Mode(Path.GetDirectoryName(call.Output)!, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
            AsNobody(call);
        }),
    ];

    // A file system of 64 KiB, which only the program sees; its shell names on standard error what is left in it.
    private static void OnFullDisk(InpaintCall call)
    {
        string disk = call.Folder.Folder("disk");
        call.Output = Path.Combine(disk, "result.mp4");
        string[] own = Environment.IsPrivilegedProcess ? ["unshare", "--mount"] : ["unshare", "--user", "--map-root-user", "--mount"];
        const string Mount = "mount -t tmpfs -o size=64k none \"$0\"";
        Assert.SkipUnless(Runs([.. own, "sh", "-c", Mount, disk]), "This machine lets us mount nothing.");
        call.Before = [.. own, "sh", "-c", Mount + "; \"$@\"; code=$?; ls -A \"$0\" >&2; exit $code", disk];
    }

    // Root may read and write everything.
    private static void AsNobody(InpaintCall call)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other rights.");
        if (!Environment.IsPrivilegedProcess) return;
        string[] nobody = ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"];
        Assert.SkipUnless(Runs([.. nobody, "test", "-r", LtxProcess.CommandLine[^1]]), "We are root, and nobody else may run the program here.");
        call.Before = nobody;
        string output = Path.GetDirectoryName(call.Output)!;
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(output).HasFlag(UnixFileMode.UserWrite)) Mode(output, (UnixFileMode)0b111_111_111);
    }

    private static string Unreadable(TestFolder folder, string file)
    {
        string copy = folder.Named("unreadable" + Path.GetExtension(file));
        File.Copy(file, copy);
        Mode(copy, UnixFileMode.None);
        return copy;
    }

    private static void Mode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, mode);
    }

    private static bool Runs(string[] command)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
