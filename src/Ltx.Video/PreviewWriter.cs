using System.Globalization;
using FFMpegCore;
using FFMpegCore.Enums;
using Ltx.Video.Processes;
using Ltx.Video.Reading;
using Ltx.Video.Writing;

namespace Ltx.Video;

/// <summary>Makes small copies of a video for people to look at where their browser cannot decode the file itself.</summary>
public static class PreviewWriter
{
    // Whole microseconds: finer than any camera's clock, and every container's rate comes close enough to tell its frames apart.
    private const long TicksPerSecond = 1_000_000;

    // A frame that can be jumped to every half second or so: the preview is there to be scrubbed.
    private const int FramesBetweenKeys = 12;
    private const int Crf = 20;

    // Of mjpeg: from 2, the best, to 31.
    private const int StillQuality = 4;

    /// <summary>
    /// Writes H.264 (4:2:0, no sound) as displayed: upright, square pixels, standard dynamic range, at most <paramref name="maxPixels"/> large. Every
    /// frame of the source's first <paramref name="longest"/> is there, at its own time.
    /// </summary>
    /// <exception cref="MediaException">The source is damaged or too small, or this machine cannot do it.</exception>
    public static async Task<VideoPreview> WriteAsync(
        MediaInfo source, string path, long maxPixels, TimeSpan longest, CancellationToken cancellationToken = default)
    {
        var size = Sizing.PreviewSize(source, maxPixels);
        using var pending = PendingFile.For(path);
        var result = await FfmpegTool
            .RunHeardAsync(
                VideoArguments(source, pending.Path, size, longest), source.Limits, MemoryBound.Copying(source, size), DecodeLog.SaysNothingBad, Nothing, cancellationToken)
            .ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw FfmpegFailure.WhileReading(source, result);
        }

        var times = await TimesAsync(pending.Path, source.Limits, cancellationToken).ConfigureAwait(false);
        if (times.Count == 0)
        {
            throw MediaException.Input(MediaProblem.Damaged, source.Role, "holds no frame that can be decoded");
        }

        pending.Commit();
        return new VideoPreview(size, times);
    }

    /// <summary>The first frame as a JPEG of at most <paramref name="maxPixels"/>, as displayed.</summary>
    /// <exception cref="MediaException">The source is damaged or too small, or this machine cannot do it.</exception>
    public static async Task<byte[]> FirstFrameAsync(MediaInfo source, long maxPixels, CancellationToken cancellationToken = default)
    {
        var size = Sizing.PreviewSize(source, maxPixels);
        using MemoryStream jpeg = new();
        var result = await FfmpegTool
            .RunHeardAsync(
                StillArguments(source, size),
                source.Limits,
                MemoryBound.Reading(source, size),
                DecodeLog.SaysNothingBad,
                (stream, _, token) => stream.CopyToAsync(jpeg, token),
                cancellationToken)
            .ConfigureAwait(false);
        return result.ExitCode == 0 && jpeg.Length > 0 ? jpeg.ToArray() : throw FfmpegFailure.WhileReading(source, result);
    }

    private static Task Nothing(Stream output, ChildClock clock, CancellationToken cancellationToken) => output.CopyToAsync(Stream.Null, cancellationToken);

    private static string VideoArguments(MediaInfo source, string path, FrameSize size, TimeSpan longest) => FFMpegArguments
        .FromFileInput(FfmpegArgument.File(source.Path), verifyExists: false, input => Input(input, source))
        .OutputToFile(FfmpegArgument.File(path), overwrite: true, output => output
            .WithCustomArgument(FormattableString.Invariant($"-map 0:{source.VideoIndex} -t {longest.TotalSeconds:0.######} -map_metadata -1"))
            .WithVideoFilters(filters =>
            {
                AddPicture(filters, source, size);
                filters
                    .WithCustomFilter("scale", "out_color_matrix=bt709:out_range=tv")
                    .WithCustomFilter("format", "yuv420p");
            })
            .WithVideoCodec("libx264")
            .WithConstantRateFactor(Crf)
            .WithSpeedPreset(EncoderPreset.SuperFast)
            .WithThreads(source.Limits.Threads)
            .WithCustomArgument(FormattableString.Invariant($"-bf 0 -g {FramesBetweenKeys} -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv"))
            .WithFpsMode(FpsMode.Passthrough)
            .WithCustomArgument(FormattableString.Invariant($"-enc_time_base 1:{TicksPerSecond} -video_track_timescale {TicksPerSecond}"))
            // The first frame at zero. Not by a filter: ffmpeg rebuilds the filters where the stream changes, and they would begin at zero again.
            .WithCustomArgument("-avoid_negative_ts make_zero")
            .WithFastStart()
            .ForceFormat("mp4"))
        .Arguments;

    private static string StillArguments(MediaInfo source, FrameSize size) => FFMpegArguments
        .FromFileInput(FfmpegArgument.File(source.Path), verifyExists: false, input => Input(input, source))
        .OutputToFile(FfmpegArgument.StandardOutput, overwrite: true, output => output
            .WithCustomArgument(FormattableString.Invariant($"-map 0:{source.VideoIndex} -map_metadata -1"))
            .WithVideoFilters(filters =>
            {
                AddPicture(filters, source, size);
                filters
                    .WithCustomFilter("scale", "out_color_matrix=bt601:out_range=pc")
                    .WithCustomFilter("format", "yuvj420p");
            })
            .WithFrameCount(1)
            .WithVideoCodec("mjpeg")
            .WithCustomArgument(FormattableString.Invariant($"-q:v {StillQuality}"))
            .ForceFormat("image2pipe"))
        .Arguments;

    // What the reader would refuse for its damage may still be looked at. ffmpeg turns the frames itself, because it would copy the file's rotation otherwise.
    private static void Input(FFMpegInputOptions input, MediaInfo source) =>
        input.WithTolerantRun(source.Limits).WithUntrusted(source.Format.Demuxer, source.Limits);

    /// <summary>As the reader gives frames to the model, so that the preview shows what will be worked on.</summary>
    private static void AddPicture(FFMpegCore.Arguments.VideoFilterOptions filters, MediaInfo source, FrameSize size)
    {
        FrameFilters.Add(filters, source, new VideoReadOptions { Size = size, FramesPerSecond = new FrameRate(1, 1) }, constantRate: false, isUpright: true);
        filters.WithCustomFilter("setsar", "1");
    }

    private static async Task<List<double>> TimesAsync(string path, MediaLimits limits, CancellationToken cancellationToken)
    {
        List<long> ticks = [];
        async Task ReadAsync(Stream stream, ChildClock clock, CancellationToken token)
        {
            using StreamReader lines = new(stream, leaveOpen: true);
            while (await lines.ReadLineAsync(token).ConfigureAwait(false) is { } line)
            {
                if (long.TryParse(line.Trim(',', ' '), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var tick))
                {
                    ticks.Add(tick);
                }
            }
        }

        var arguments = $"-hide_banner -loglevel error -select_streams v:0 -show_entries packet=pts -print_format csv=p=0 -f mov \"{FfmpegArgument.File(path)}\"";
        var result = await FfmpegTool.RunFfprobeAsync(arguments, limits, MemoryBound.Probing(limits, role: null), ReadAsync, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw new MediaException(MediaFault.Server, "The preview that ffmpeg wrote cannot be read back.", result.LastWords, result.ExitCode);
        }

        ticks.Sort();
        return [.. ticks.Select(tick => (double)(tick - ticks[0]) / TicksPerSecond)];
    }
}
