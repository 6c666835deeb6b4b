using System.Diagnostics;

namespace Ltx.Video.Tests;

/// <summary>A temporary folder, and files made in it by the real ffmpeg; gone when disposed.</summary>
public sealed class Media : IDisposable
{
    public Media()
    {
        Directory.CreateDirectory(Folder);
    }

    public string Folder { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"ltx-video-{Guid.NewGuid():N}");

    public static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public string Path(string name) => System.IO.Path.Combine(Folder, name);

    /// <summary>Runs ffmpeg with these arguments and the output's name behind them.</summary>
    public string Make(string name, params string[] arguments)
    {
        var path = Path(name);
        Run("ffmpeg", ["-nostdin", "-v", "error", "-y", .. arguments, "file:" + path]);
        return path;
    }

    public static string Run(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} failed: {error.Result}");
    }

    /// <summary>All that ffprobe tells of one stream, such as <c>v:0</c>; empty where there is no such stream.</summary>
    public static Dictionary<string, string> Tell(string path, string stream) =>
        Run("ffprobe", ["-v", "error", "-select_streams", stream, "-show_streams", path])
            .Split('\n', StringSplitOptions.TrimEntries)
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0])
            .ToDictionary(pair => pair[0], pair => pair[1]);

    public string Text(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        return Path(name);
    }

    /// <summary>
    /// A folder with a shell script in the place of ffmpeg or ffprobe. Another process writes it: a child that another test starts in the
    /// meantime would have this one's open file for a moment, and what somebody may write to cannot be run ("Text file busy").
    /// </summary>
    public string FakeTool(string name, string script)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The fake tools are shell scripts.");
        var folder = Directory.CreateDirectory(Path($"tools-{Guid.NewGuid():N}")).FullName;
        var file = System.IO.Path.Combine(folder, name);
        File.WriteAllText(file + ".sh", "#!/bin/sh\n" + script + "\n");
        Run("install", ["-m", "700", file + ".sh", file]);
        return folder;
    }

    /// <summary>Frame i is of one colour everywhere, red = i * step, so that a frame tells its own number.</summary>
    public static IEnumerable<byte[]> NumberedFrames(FrameSize size, int count, int step = 1)
    {
        for (var i = 0; i < count; i++)
        {
            var pixels = new byte[size.Pixels * 3];
            for (var at = 0; at < pixels.Length; at += 3)
            {
                (pixels[at], pixels[at + 1], pixels[at + 2]) = ((byte)(i * step), (byte)(255 - (i * step)), 128);
            }

            yield return pixels;
        }
    }

    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> Stream(IEnumerable<byte[]> frames)
    {
        foreach (var frame in frames)
        {
            await Task.Yield();
            yield return frame;
        }
    }

    /// <summary>A file of raw frames.</summary>
    /// <param name="pixels">what they are, in ffmpeg's words</param>
    public string MakeOf(string name, IEnumerable<byte[]> frames, string pixels, FrameSize size, FrameRate rate, params string[] arguments)
    {
        var raw = Path($"{Guid.NewGuid():N}.raw");
        using (var file = File.Create(raw))
        {
            foreach (var frame in frames)
            {
                file.Write(frame);
            }
        }

        Make(name, ["-f", "rawvideo", "-pix_fmt", pixels, "-s", size.ToString(), "-framerate", rate.ToString(), "-i", raw, .. arguments]);
        File.Delete(raw);
        return Path(name);
    }

    /// <summary>A file of numbered frames that keeps every byte of their RGB.</summary>
    public string Numbered(string name, FrameRate rate, int count, FrameSize? size = null) => MakeOf(
        name, NumberedFrames(size ?? new FrameSize(64, 64), count), "rgb24", size ?? new FrameSize(64, 64), rate, "-c:v", "libx264rgb", "-qp", "0", "-preset", "ultrafast");

    /// <summary>What ffmpeg's decoder gives, one array a frame: no filter, no turn, no change of layout.</summary>
    /// <param name="bytes">of a frame</param>
    public static List<byte[]> Decoded(string path, int bytes)
    {
        var raw = System.IO.Path.ChangeExtension(path, ".decoded");
        Run("ffmpeg", ["-nostdin", "-v", "error", "-y", "-noautorotate", "-i", path, "-map", "0:v", "-f", "rawvideo", "-fps_mode", "passthrough", raw]);
        return [.. File.ReadAllBytes(raw).Chunk(bytes)];
    }

    public static async Task<List<VideoFrame>> ReadAllAsync(
        string path, double framesPerSecond, FrameSize? size = null, int? maxFrames = null, FramePixels pixels = FramePixels.Rgb24, FrameFit fit = FrameFit.CropOdd)
    {
        var info = await MediaProbe.ProbeAsync(path, cancellationToken: Cancelled);
        return await ReadAllAsync(info, framesPerSecond, size, maxFrames, pixels, fit);
    }

    public static async Task<List<VideoFrame>> ReadAllAsync(
        MediaInfo info, double framesPerSecond, FrameSize? size = null, int? maxFrames = null, FramePixels pixels = FramePixels.Rgb24, FrameFit fit = FrameFit.CropOdd)
    {
        var options = new VideoReadOptions
        {
            Size = size ?? new FrameSize(info.Width & ~1, info.Height & ~1),
            FramesPerSecond = FrameRate.FromDouble(framesPerSecond),
            MaxFrames = maxFrames,
            Pixels = pixels,
            Fit = fit,
        };
        return await VideoReader.ReadAsync(info, options, Cancelled).ToListAsync(Cancelled);
    }

    /// <summary>All frames as those of a source, with what was found on the way.</summary>
    public static async Task<(List<VideoFrame> Frames, VideoFindings Found)> ReadSourceAsync(string path, int? maxFrames = null, FramePixels pixels = FramePixels.Rgb24)
    {
        var info = await MediaProbe.ProbeAsync(path, role: "the source video", cancellationToken: Cancelled);
        VideoFindings? found = null;
        var options = new VideoReadOptions
        {
            Size = new FrameSize(info.Width & ~1, info.Height & ~1),
            FramesPerSecond = new FrameRate(24, 1),
            MaxFrames = maxFrames,
            Pixels = pixels,
            MaxConcealed = VideoReadOptions.ShareConcealed,
            Found = findings => found = findings,
        };
        return (await VideoReader.ReadAsync(info, options, Cancelled).ToListAsync(Cancelled), found!);
    }

    /// <summary>The sound from the first frame on.</summary>
    public static async Task<SourceSound?> HearAsync(string path, int rate, int count, int channels = 2)
    {
        var start = (await ReadSourceAsync(path, maxFrames: 1, FramePixels.Gray8)).Found.Start;
        var info = await MediaProbe.ProbeAsync(path, role: "the source video", cancellationToken: Cancelled);
        return await AudioReader.ReadAsync(info, start, rate, channels, count, Cancelled);
    }

    /// <summary>The bytes of the pixel at (x, y).</summary>
    public static byte[] Pixel(VideoFrame frame, int x, int y)
    {
        var size = (int)(frame.Pixels.Length / frame.Size.Pixels);
        return frame.Pixels.Slice(((y * frame.Size.Width) + x) * size, size).ToArray();
    }

    public string[] Names() => [.. Directory.GetFileSystemEntries(Folder).Select(path => System.IO.Path.GetFileName(path)).Order()];

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
