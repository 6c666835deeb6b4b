using System.Diagnostics;
using System.Globalization;
using Ltx.Video;

namespace Ltx.Server.Tests.Commands;

/// <summary>Real files made by the real ffmpeg, and what ffprobe says of a file.</summary>
internal static class TestMedia
{
    /// <summary>The full path of a program on the PATH.</summary>
    public static string Tool(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).First(File.Exists);

    /// <summary>Runs ffmpeg with these arguments and the output's name behind them.</summary>
    public static string Make(TestFolder folder, string name, params ReadOnlySpan<string> arguments)
    {
        string path = folder.Named(name);
        Run("ffmpeg", ["-nostdin", "-v", "error", "-y", .. arguments, path]);
        return path;
    }

    /// <summary>A moving picture.</summary>
    /// <param name="more">arguments for the output</param>
    public static string Video(TestFolder folder, string name = "source.mp4", int width = 128, int height = 128, string rate = "24", int frames = 9, params ReadOnlySpan<string> more) =>
        Make(folder, name, ["-f", "lavfi", "-i", $"testsrc2=s={width}x{height}:r={rate}", "-frames:v", Text(frames), "-pix_fmt", "yuv420p", .. more]);

    /// <summary>The same with a tone.</summary>
    /// <param name="sound">a lavfi source</param>
    public static string VideoWithSound(TestFolder folder, string name, string sound = "sine=f=440:r=48000", int width = 128, int height = 128, string rate = "24", int frames = 9) =>
        Make(folder, name, "-f", "lavfi", "-i", $"testsrc2=s={width}x{height}:r={rate}", "-f", "lavfi", "-i", sound, "-t", Seconds(frames, rate), "-pix_fmt", "yuv420p");

    /// <summary>
    /// How long so many frames last. Not <c>-shortest</c> nor <c>-frames:v</c>: where pictures are made faster than sound, those end the sound
    /// with its first piece.
    /// </summary>
    public static string Seconds(int frames, string rate)
    {
        double[] fraction = [.. rate.Split('/').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
        return (frames * fraction.Skip(1).FirstOrDefault(1) / fraction[0]).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A mask: a white rectangle in the middle of black.</summary>
    public static string Mask(TestFolder folder, string name = "mask.mp4", int width = 128, int height = 128, string rate = "24", int frames = 9) =>
        Make(folder, name, "-f", "lavfi", "-i", $"color=black:s={width}x{height}:r={rate},drawbox=iw/4:ih/4:iw/2:ih/2:white:fill", "-frames:v", Text(frames), "-pix_fmt", "yuv420p");

    /// <summary>The same as a picture.</summary>
    public static string StillMask(TestFolder folder, int width = 128, int height = 128) =>
        Make(folder, "mask.png", "-f", "lavfi", "-i", $"color=black:s={width}x{height},drawbox=iw/4:ih/4:iw/2:ih/2:white:fill", "-frames:v", "1", "-pix_fmt", "gray");

    /// <summary>The same MP4 with a flag that it is to be shown a quarter turn on. ffmpeg 5 and 6 write the flag in different ways; this one works with both.</summary>
    public static string Rotated(TestFolder folder, string flat, int height)
    {
        byte[] file = File.ReadAllBytes(flat);
        // The matrix in the track's header (tkhd): version and flags, times, ids and durations are 40 bytes, layer to volume 12 more.
        int matrix = file.AsSpan().IndexOf("tkhd"u8) + 4 + 40;
        int[] quarterTurn = [0, 0x10000, 0, -0x10000, 0, 0, height << 16, 0, 0x40000000];
        for (int i = 0; i < quarterTurn.Length; i++) System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(matrix + i * 4), quarterTurn[i]);
        return folder.Bytes("rotated.mp4", file);
    }

    /// <summary>All that ffprobe, which decodes everything for it, tells of each stream.</summary>
    public static List<Dictionary<string, string>> Streams(string path)
    {
        List<Dictionary<string, string>> streams = [];
        foreach (string line in Run("ffprobe", ["-v", "error", "-count_frames", "-show_streams", path]).Split('\n', StringSplitOptions.TrimEntries))
        {
            if (line == "[STREAM]") streams.Add([]);
            else if (line.Split('=', 2) is [var name, var value]) streams[^1].TryAdd(name, value);
        }
        return streams;
    }

    /// <summary>The same of one stream, such as <c>v:0</c>; empty where there is no such stream.</summary>
    public static Dictionary<string, string> Tell(string path, string stream) => Of(Streams(path), stream);

    /// <summary>The stream of that name among all; empty where there is none.</summary>
    public static Dictionary<string, string> Of(List<Dictionary<string, string>> streams, string stream)
    {
        string type = stream[0] == 'v' ? "video" : "audio";
        return streams.Where(one => one["codec_type"] == type).ElementAtOrDefault(int.Parse(stream[2..], CultureInfo.InvariantCulture)) ?? [];
    }

    /// <summary>An MP4 tells how much of a sound is to be heard in thousandths of a second, cut off.</summary>
    public const double DurationTolerance = 0.0011;

    /// <summary>The seconds that a stream lasts.</summary>
    public static double Duration(Dictionary<string, string> stream) => double.Parse(stream["duration"], CultureInfo.InvariantCulture);

    /// <summary>Every frame as the file has it.</summary>
    public static async Task<List<byte[]>> FramesAsync(string path, FramePixels pixels = FramePixels.Rgb24)
    {
        MediaInfo info = await MediaProbe.ProbeAsync(path, cancellationToken: TestContext.Current.CancellationToken);
        VideoReadOptions options = new() { Size = new FrameSize(info.Width, info.Height), FramesPerSecond = info.AverageFrameRate ?? new FrameRate(24, 1), Pixels = pixels };
        return await VideoReader.ReadAsync(info, options, TestContext.Current.CancellationToken).Select(frame => frame.Pixels.ToArray()).ToListAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Runs a program to its end.</summary>
    public static string Run(string program, params ReadOnlySpan<string> arguments)
    {
        ProcessStartInfo start = new(program, arguments.ToArray()) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} failed: {error.GetAwaiter().GetResult()}");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
