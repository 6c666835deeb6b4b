using Ltx.Server.Media;
using Ltx.Video;

namespace Ltx.Server.Bench;

/// <summary>The demo's scene in any size and length, as files in a folder of their own; without sound, so that the model has to make it.</summary>
internal sealed class BenchClip : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("ltx-bench-").FullName;

    private BenchClip()
    {
    }

    public string Source => Path.Combine(folder, "source.mp4");

    public string Mask => Path.Combine(folder, "mask.mp4");

    public string Result => Path.Combine(folder, "result.mp4");

    public static async Task<BenchClip> MakeAsync(int width, int height, int frames, CancellationToken cancellation)
    {
        BenchClip clip = new();
        try
        {
            VideoWriteOptions options = new() { Size = new FrameSize(width, height), FramesPerSecond = new FrameRate(DemoScene.FramesPerSecond, 1), Quality = VideoQuality.Maximum, Mode = WriteMode.Fast };
            await VideoWriter.WriteAsync(clip.Source, options, Drawn(DemoScene.Frame, width, height, frames), null, cancellation);
            await VideoWriter.WriteAsync(clip.Mask, options, Drawn(DemoScene.Mask, width, height, frames), null, cancellation);
            return clip;
        }
        catch
        {
            clip.Dispose();
            throw;
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static IAsyncEnumerable<ReadOnlyMemory<byte>> Drawn(Func<int, byte[]> draw, int width, int height, int frames) =>
        Enumerable.Range(0, frames).Select(i => (ReadOnlyMemory<byte>)Resized(draw(i), width, height)).ToAsyncEnumerable();

    // The nearest pixel: what is in the picture is of no matter here.
    private static byte[] Resized(byte[] frame, int width, int height)
    {
        if (width == DemoScene.Width && height == DemoScene.Height) return frame;
        byte[] resized = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
        {
            int row = y * DemoScene.Height / height * DemoScene.Width;
            for (int x = 0; x < width; x++) frame.AsSpan((row + x * DemoScene.Width / width) * 3, 3).CopyTo(resized.AsSpan((y * width + x) * 3, 3));
        }
        return resized;
    }
}
