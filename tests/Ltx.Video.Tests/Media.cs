using System.Buffers.Binary;
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

    /// <summary>
    /// All of them by one run of ffmpeg. Nearly all the time of making a small film goes into loading ffmpeg (a fifth of a second of processor time), so a class
    /// makes its films at once.
    /// </summary>
    public void MakeAll(params IEnumerable<Film> films)
    {
        List<string> inputs = [], outputs = [];
        var count = 0;
        foreach (var film in films)
        {
            inputs.AddRange(film.Inputs);
            outputs.AddRange(film.Inputs.Where(argument => argument == "-i").SelectMany(_ => new[] { "-map", FormattableString.Invariant($"{count++}") }));
            outputs.AddRange([.. film.Encoding, "file:" + Path(film.Name)]);
        }

        Run("ffmpeg", ["-nostdin", "-v", "error", "-y", .. inputs, .. outputs]);
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

    /// <summary>All that ffprobe tells of each stream, by its kind: "video", "audio".</summary>
    public static Dictionary<string, Dictionary<string, string>> Tell(string path) =>
        Run("ffprobe", ["-v", "error", "-show_streams", path])
            .Split("[STREAM]", StringSplitOptions.RemoveEmptyEntries)
            .Select(stream => stream.Split('\n', StringSplitOptions.TrimEntries)
                .Select(line => line.Split('=', 2))
                .Where(pair => pair.Length == 2)
                .DistinctBy(pair => pair[0])
                .ToDictionary(pair => pair[0], pair => pair[1]))
            .ToDictionary(stream => stream["codec_type"]);

    /// <summary>Half a second of a tone in each of ten channels: raw samples, 32 bits, 48 kHz.</summary>
    public string TenChannels(string name)
    {
        float[] tone = [.. Enumerable.Range(0, 24000).SelectMany(i => Enumerable.Repeat((float)(0.3 * Math.Sin(0.06 * i)), 10))];
        return Samples(name, tone);
    }

    /// <summary>A file of raw samples of 32 bits.</summary>
    public string Samples(string name, float[] samples)
    {
        File.WriteAllBytes(Path(name), System.Runtime.InteropServices.MemoryMarshal.AsBytes(samples.AsSpan()).ToArray());
        return Path(name);
    }

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

    /// <summary>What ffmpeg's decoder gives, one array a frame: no filter, no turn, no change of layout.</summary>
    /// <param name="bytes">of a frame</param>
    public static List<byte[]> Decoded(string path, int bytes) => [.. Decoded([path])[0].Chunk(bytes)];

    /// <summary>The same of several files, by one run of ffmpeg: all frames of a file one behind the other.</summary>
    public static List<byte[]> Decoded(IReadOnlyList<string> paths)
    {
        Run(
            "ffmpeg",
            [
                "-nostdin", "-v", "error", "-y", .. paths.SelectMany(path => new[] { "-noautorotate", "-i", path }),
                .. paths.SelectMany((path, i) => new[] { "-map", FormattableString.Invariant($"{i}:v"), "-f", "rawvideo", "-fps_mode", "passthrough", path + ".decoded" }),
            ]);
        return [.. paths.Select(path => File.ReadAllBytes(path + ".decoded"))];
    }

    /// <summary>A copy of an MP4 that is marked to be shown turned, by the matrix of nine numbers in its track's header (ISO 14496-12, 8.3.2).</summary>
    public string Turned(string flat, int clockwise, string name)
    {
        var bytes = File.ReadAllBytes(flat);
        // Behind the header's name: its version, times, track, length, layer and volume.
        var at = bytes.AsSpan().IndexOf("tkhd"u8) + 44;
        var (cosine, sine) = clockwise switch { 0 => (1, 0), 90 => (0, 1), 180 => (-1, 0), 270 => (0, -1), _ => throw new ArgumentOutOfRangeException(nameof(clockwise)) };
        foreach (var (i, number) in new[] { (0, cosine), (1, sine), (3, -sine), (4, cosine) })
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at + (4 * i)), number << 16);
        }

        File.WriteAllBytes(Path(name), bytes);
        return Path(name);
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
    public static async Task<(List<VideoFrame> Frames, VideoFindings Found)> ReadSourceAsync(MediaInfo info, int? maxFrames = null, FramePixels pixels = FramePixels.Rgb24)
    {
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

    public static Task<MediaInfo> ProbeSourceAsync(string path) => MediaProbe.ProbeAsync(path, role: "the source video", cancellationToken: Cancelled);

    /// <summary>The sound from the first frame on.</summary>
    public static async Task<SourceSound?> HearAsync(MediaInfo info, int rate, int count, int channels = 2)
    {
        var start = (await ReadSourceAsync(info, maxFrames: 1, FramePixels.Gray8)).Found.Start;
        return await AudioReader.ReadAsync(info, start, rate, channels, count, Cancelled);
    }

    /// <summary>The sound of a file whose first frame is at zero.</summary>
    public static async Task<SourceSound?> HearFromZeroAsync(string path, int rate, int count, int channels = 2) =>
        await AudioReader.ReadAsync(await ProbeSourceAsync(path), TimeSpan.Zero, rate, channels, count, Cancelled);

    /// <summary>The bytes of the pixel at (x, y).</summary>
    public static byte[] Pixel(VideoFrame frame, int x, int y)
    {
        var size = (int)(frame.Pixels.Length / frame.Size.Pixels);
        return frame.Pixels.Slice(((y * frame.Size.Width) + x) * size, size).ToArray();
    }

    public string[] Names() => [.. Directory.GetFileSystemEntries(Folder).Select(path => System.IO.Path.GetFileName(path)).Order()];

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
