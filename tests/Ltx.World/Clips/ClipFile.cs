using Ltx.Video;
using Ltx.World.Scenes;

namespace Ltx.World.Clips;

/// <summary>Clips of the world's size as files.</summary>
internal static class ClipFile
{
    private static readonly FrameSize Whole = new(Scene.Width, Scene.Height);

    /// <summary>Writes a clip; every number of its planes is kept.</summary>
    /// <param name="frame">RGB24, or grey, by its number</param>
    public static Task WriteAsync(string path, Func<int, byte[]> frame) => VideoWriter.WriteAsync(
        path,
        new VideoWriteOptions
        {
            Size = Whole, FramesPerSecond = new FrameRate(Scene.FramesPerSecond, 1), FrameCount = Scene.Frames, Quality = VideoQuality.Lossless, Mode = WriteMode.Fast,
        },
        Enumerable.Range(0, Scene.Frames).Select(i => (ReadOnlyMemory<byte>)Coloured(frame(i))).ToAsyncEnumerable());

    /// <returns>RGB24, all frames</returns>
    public static async Task<IReadOnlyList<byte[]>> ReadAsync(string path)
    {
        MediaInfo info = await MediaProbe.ProbeAsync(path);
        VideoReadOptions options = new() { Size = Whole, FramesPerSecond = new FrameRate(Scene.FramesPerSecond, 1) };
        return await VideoReader.ReadAsync(info, options).Select(frame => frame.Pixels.ToArray()).ToListAsync();
    }

    private static byte[] Coloured(byte[] frame) => frame.Length == Whole.Pixels ? [.. frame.SelectMany(grey => new[] { grey, grey, grey })] : frame;
}
