using static Ltx.Server.Tests.Commands.BadInput;

namespace Ltx.Server.Tests.Commands;

/// <summary>Sources and masks that cannot be used: each kind once. Every other one is a sentence of MediaProbeTests and MaskTests, and goes the same way.</summary>
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
        new("source: a ZIP", Users, NoKnownFormat, call => call.Video = Zip(call.Folder)),
        new("source: 63 pixels wide", Users, "The source video is 63x64 pixels", call => call.Video = TestMedia.Make(call.Folder, "narrow.mp4", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "9", "-vf", "crop=63:64:0:0:exact=1", "-pix_fmt", "yuv444p")),
        new("source: MP4 that was cut off in its data", Users, Damaged, call => call.Video = CutOff(call.Folder, TestMedia.Video(call.Folder, frames: 24, more: ["-movflags", "+faststart"]), 0.6)),
        new("mask: missing", Users, "The mask does not exist.", call => call.Mask = call.Folder.Named("none.mp4")),
        new("mask: a directory", Users, "The mask is a folder", call => call.Mask = call.Folder.Path),
        new("mask: a text file", Users, "The mask " + NoKnownFormat, call => call.Mask = call.Folder.Text("mask.png", "white on black\n")),
        new("mask: MP4 that was cut off in its data", Users, "The mask " + Damaged, call => call.Mask = CutOff(call.Folder, TestMedia.Video(call.Folder, more: ["-movflags", "+faststart"]), 0.6)),
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
