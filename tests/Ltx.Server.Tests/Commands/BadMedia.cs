using static Ltx.Server.Tests.Commands.BadInput;

namespace Ltx.Server.Tests.Commands;

/// <summary>Sources and masks that cannot be used.</summary>
internal static class BadMedia
{
    private const string NoKnownFormat = "is not a video or picture of a known format", Damaged = "is damaged or incomplete";

    public static IEnumerable<BadInput> All =>
    [
        new("source: missing", Users, "The source video does not exist.", call => call.Video = call.Folder.Named("none.mp4")),
        new("source: a directory", Users, "The source video is a folder", call => call.Video = call.Folder.Path),
        new("source: an empty name", Users, "--video is empty.", call => call.Video = ""),
        new("source: an empty file", Users, "The source video is empty, or is not a regular file.", call => call.Video = call.Folder.Text("empty.mp4", "")),
        new("source: a text file", Users, NoKnownFormat, call => call.Video = call.Folder.Text("text.mp4", "This is no video.\n")),
        new("source: a web page", Users, NoKnownFormat, call => call.Video = call.Folder.Text("page.mp4", "<!DOCTYPE html><html><body>404 Not Found</body></html>")),
        new("source: a playlist", Users, NoKnownFormat, call => call.Video = call.Folder.Text("list.mp4", "#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n")),
        new("source: a list of files", Users, NoKnownFormat, call => call.Video = call.Folder.Text("list.mp4", $"ffconcat version 1.0\nfile '{call.Mask}'\n")),
        new("source: random bytes", Users, NoKnownFormat, call => call.Video = call.Folder.Bytes("random.mp4", RandomBytes(50_000))),
        new("source: random bytes behind the beginning of an MP4", Users, Damaged, call => call.Video = call.Folder.Bytes("random.mp4", [.. File.ReadAllBytes(call.Video)[..32], .. RandomBytes(50_000)])),
        new("source: a device", Users, "The source video is empty, or is not a regular file.", call => call.Video = OperatingSystem.IsWindows() ? call.Folder.Text("none", "") : "/dev/zero"),
        new("source: a pipe", Users, "The source video is empty, or is not a regular file.", call => call.Video = Pipe(call.Folder)),
        new("source: a link to a pipe", Users, "The source video is empty, or is not a regular file.", call => call.Video = LinkTo(call.Folder, Pipe(call.Folder))),
        new("mask: a pipe", Users, "The mask is empty, or is not a regular file.", call => call.Mask = Pipe(call.Folder)),
        new("source: a PNG", Users, "The source video is a still image, and a video is needed.", call => call.Video = TestMedia.StillMask(call.Folder)),
        new("source: a ZIP", Users, NoKnownFormat, call => call.Video = Zip(call.Folder)),
        new("source: only sound", Users, "The source video has sound but no picture.", call => call.Video = Sound(call.Folder)),
        new("source: zero frames, YUV4MPEG", Users, "The source video", call => call.Video = call.Folder.Text("none.y4m", "YUV4MPEG2 W128 H128 F24:1 Ip A1:1 C420\n")),
        new("source: zero frames, MP4", Users, "The source video", call => call.Video = TestMedia.Video(call.Folder, "none.mp4", frames: 0)),
        new("source: one pixel", Users, "The source video is 1x1 pixels, and at least 64 pixels on each side are needed.", call => call.Video = TestMedia.Make(call.Folder, "one.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "9", "-vf", "crop=1:1:0:0:exact=1", "-pix_fmt", "yuv444p")),
        new("source: 63 pixels wide", Users, "The source video is 63x64 pixels", call => call.Video = TestMedia.Make(call.Folder, "narrow.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "9", "-vf", "crop=63:64:0:0:exact=1", "-pix_fmt", "yuv444p")),
        new("source: MP4 that was cut off before its index", Users, Damaged, call => call.Video = CutOff(call.Folder, TestMedia.Video(call.Folder, frames: 24), 0.9)),
        new("source: MP4 that was cut off in its data", Users, Damaged, call => call.Video = CutOff(call.Folder, TestMedia.Video(call.Folder, frames: 24, more: ["-movflags", "+faststart"]), 0.6)),
        new("source: Matroska that was cut off", Users, Damaged, call => call.Video = CutOff(call.Folder, TestMedia.Video(call.Folder, "source.mkv", frames: 24), 0.6)),
        new("mask: missing", Users, "The mask does not exist.", call => call.Mask = call.Folder.Named("none.mp4")),
        new("mask: a directory", Users, "The mask is a folder", call => call.Mask = call.Folder.Path),
        new("mask: only sound", Users, "The mask has sound but no picture.", call => call.Mask = Sound(call.Folder)),
        new("mask: a text file", Users, "The mask " + NoKnownFormat, call => call.Mask = call.Folder.Text("mask.png", "white on black\n")),
        new("mask: zero frames", Users, "The mask", call => call.Mask = call.Folder.Text("none.y4m", "YUV4MPEG2 W128 H128 F24:1 Ip A1:1 C420\n")),
        new("mask: MP4 that was cut off in its data", Users, "The mask " + Damaged, call => call.Mask = CutOff(call.Folder, TestMedia.Video(call.Folder, more: ["-movflags", "+faststart"]), 0.6)),
        new("mask: PNG that was cut off", Users, "The mask has no picture that can be decoded.", call => call.Mask = CutOff(call.Folder, TestMedia.Make(call.Folder, "noise.png", "-f", "lavfi", "-i", "testsrc2=s=128x128", "-frames:v", "1"), 0.5)),
        new("mask: one colour and an alpha that varies", Users, "draws with its transparency", call => call.Mask = TestMedia.Make(call.Folder, "alpha.png", "-f", "lavfi", "-i", "color=white:s=128x128,format=rgba,geq=r=255:g=255:b=255:a='if(gt(X,64),255,0)'", "-frames:v", "1")),
    ];

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        // The same ones in every run.
        new Random(7).NextBytes(bytes);
        return bytes;
    }

    internal static string Pipe(TestFolder folder)
    {
        if (OperatingSystem.IsWindows()) return folder.Text("pipe", "");
        TestMedia.Run("mkfifo", folder.Named("pipe"));
        return folder.Named("pipe");
    }

    private static string LinkTo(TestFolder folder, string path) => File.CreateSymbolicLink(folder.Named("link.mp4"), path).FullName;

    private static string Sound(TestFolder folder) => TestMedia.Make(folder, "sound.m4a", "-f", "lavfi", "-i", "sine=f=440:d=1");

    private static string Zip(TestFolder folder)
    {
        string content = folder.Folder("content");
        File.WriteAllText(Path.Combine(content, "video.mp4"), "not a video");
        System.IO.Compression.ZipFile.CreateFromDirectory(content, folder.Named("video.zip"));
        return folder.Named("video.zip");
    }

    private static string CutOff(TestFolder folder, string path, double part)
    {
        byte[] whole = File.ReadAllBytes(path);
        return folder.Bytes("cut-" + Path.GetFileName(path), whole.AsSpan(..(int)(whole.Length * part)));
    }
}
