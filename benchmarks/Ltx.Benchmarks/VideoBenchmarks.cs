using BenchmarkDotNet.Attributes;
using Ltx.Server.Media;
using Ltx.Video;

namespace Ltx.Benchmarks;

/// <summary>ffmpeg as the project calls it: 25 frames of 384x256.</summary>
public class VideoBenchmarks
{
    private readonly string folder = Directory.CreateTempSubdirectory("ltx-benchmarks-").FullName;
    private byte[][] frames = null!;
    private MediaInfo info = null!;

    private static VideoWriteOptions Writing { get; } = new() { Size = new FrameSize(DemoScene.Width, DemoScene.Height), FramesPerSecond = new FrameRate(DemoScene.FramesPerSecond, 1) };

    [GlobalSetup]
    public async Task Setup()
    {
        frames = [.. Enumerable.Range(0, DemoScene.Frames).Select(DemoScene.Frame)];
        await Write("source.mp4");
        info = await MediaProbe.ProbeAsync(Path.Combine(folder, "source.mp4"));
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(folder, recursive: true);

    [Benchmark(Description = "ffmpeg: write a clip")]
    public Task WriteClip() => Write("written.mp4");

    [Benchmark(Description = "ffmpeg: read a clip")]
    public async Task<long> ReadClip()
    {
        long bytes = 0;
        VideoReadOptions options = new() { Size = Writing.Size, FramesPerSecond = Writing.FramesPerSecond };
        await foreach (VideoFrame frame in VideoReader.ReadAsync(info, options)) bytes += frame.Pixels.Length;
        return bytes;
    }

    [Benchmark(Description = "ffprobe: look at a clip")]
    public Task<MediaInfo> Probe() => MediaProbe.ProbeAsync(info.Path);

    private Task Write(string name) => VideoWriter.WriteAsync(Path.Combine(folder, name), Writing, frames.Select(frame => (ReadOnlyMemory<byte>)frame).ToAsyncEnumerable(), null);
}
