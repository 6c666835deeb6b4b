using System.Collections.Concurrent;
using Ltx.Video;

namespace Ltx.Server.Tests.Matrix;

/// <summary>What is in a file that stays as it is, found out once: many tests share a source and a mask, and every look is a process.</summary>
internal static class ReadOnce
{
    private static readonly ConcurrentDictionary<string, Task<MediaInfo>> Infos = new();
    private static readonly ConcurrentDictionary<(string, VideoReadOptions), Task<List<byte[]>>> Frames = new();

    public static Task<MediaInfo> ProbeAsync(string path) => Infos.GetOrAdd(path, static path => MediaProbe.ProbeAsync(path));

    public static Task<List<byte[]>> FramesAsync(string path, VideoReadOptions options) => Frames.GetOrAdd((path, options), static of => ReadAsync(of.Item1, of.Item2));

    /// <summary>Every frame as the file has it.</summary>
    public static async Task<List<byte[]>> FramesAsync(string path)
    {
        MediaInfo info = await ProbeAsync(path);
        return await FramesAsync(path, new VideoReadOptions { Size = new FrameSize(info.Width, info.Height), FramesPerSecond = info.AverageFrameRate ?? new FrameRate(24, 1) });
    }

    private static async Task<List<byte[]>> ReadAsync(string path, VideoReadOptions options) =>
        await VideoReader.ReadAsync(await ProbeAsync(path), options).Select(frame => frame.Pixels.ToArray()).ToListAsync();
}
