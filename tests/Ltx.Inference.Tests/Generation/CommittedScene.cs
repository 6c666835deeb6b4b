using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

/// <summary>One of the repository's scenes: two clips that differ only where their objects are.</summary>
internal static class CommittedScene
{
    public const int Frames = 25, Height = 256, Width = 384;

    /// <param name="scene">its folder under tests/scenes</param>
    /// <param name="clip">the file's name in it</param>
    /// <param name="frames">how many of the first ones</param>
    /// <returns>[F, 3, H, W] bytes</returns>
    public static Tensor Read(string scene, string clip, int frames)
    {
        string file = Path.Combine(Repository.Root, "tests", "scenes", scene, clip + ".mp4"), count = $"{frames}";
        ProcessStartInfo start = new("ffmpeg", ["-nostdin", "-v", "error", "-i", file, "-frames:v", count, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        using MemoryStream pixels = new();
        process.StandardOutput.BaseStream.CopyTo(pixels);
        process.WaitForExit();
        Assert.Equal((0, (long)frames * Height * Width * 3), (process.ExitCode, pixels.Length));
        using var scope = NewDisposeScope();
        return tensor(pixels.ToArray()).view(frames, Height, Width, 3).permute(0, 3, 1, 2).contiguous().MoveToOuterDisposeScope();
    }
}
