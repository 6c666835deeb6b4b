using FFMpegCore;
using FFMpegCore.Enums;
using Ltx.Video.Processes;
using Ltx.Video.Writing;

namespace Ltx.Video;

/// <summary>Encodes masks: black and white frames, each at its own time, exactly as they were drawn.</summary>
public static class MaskWriter
{
    /// <summary>
    /// Writes VP9 without loss in an MP4: of the codecs that browsers decode, the one that keeps every pixel, of odd sizes too. The file appears under
    /// its name only when it is whole.
    /// </summary>
    /// <param name="path">Where to; its folder exists.</param>
    /// <param name="size">Size of the frames; odd sides are fine.</param>
    /// <param name="times">Seconds of each frame, rising; the file counts them from the first one, in whole microseconds.</param>
    /// <param name="frames">[height, width] bytes, 0 or 255, one for each time; read before the next is asked for, so the bytes may be reused.</param>
    /// <param name="limits">Bounds of ffmpeg; null for the defaults.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <exception cref="MediaException">The disk is full, or ffmpeg is missing or failed.</exception>
    /// <exception cref="ArgumentException">There is no time, or a frame is missing or has the wrong number of bytes.</exception>
    public static async Task WriteAsync(
        string path,
        FrameSize size,
        IReadOnlyList<double> times,
        IEnumerable<ReadOnlyMemory<byte>> frames,
        MediaLimits? limits = null,
        CancellationToken cancellationToken = default)
    {
        if (times.Count == 0)
        {
            throw new ArgumentException("A mask has at least one frame.", nameof(times));
        }

        limits ??= MediaLimits.Default;
        using var pending = PendingFile.For(path);
        var result = await FfmpegTool.RunFfmpegAsync(
            Arguments(pending.Path, limits),
            limits,
            MemoryBound.Writing(size, limits),
            (stream, clock, token) => FeedAsync(stream, size, times, frames, clock, token),
            output: null,
            cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw FfmpegFailure.WhileWriting(result);
        }

        await WrittenFile.VerifyAsync(pending.Path, limits, times.Count, cancellationToken).ConfigureAwait(false);
        pending.Commit();
    }

    private static async Task FeedAsync(
        Stream stream, FrameSize size, IReadOnlyList<double> times, IEnumerable<ReadOnlyMemory<byte>> frames, ChildClock clock, CancellationToken token)
    {
        using var source = frames.GetEnumerator();
        var ticks = -1L;
        try
        {
            await stream.WriteAsync(RawMatroska.Header(size), token).ConfigureAwait(false);
            foreach (var time in times)
            {
                // Drawing takes the time that it takes; only ffmpeg's is limited.
                using (clock.Pause())
                {
                    if (!source.MoveNext() || source.Current.Length != size.Pixels)
                    {
                        throw new ArgumentException($"Each of {times.Count} frames needs {size.Pixels} bytes.", nameof(frames));
                    }
                }

                // Two times within one microsecond are still two frames.
                ticks = Math.Max(ticks + 1, (long)Math.Round((time - times[0]) * RawMatroska.TicksPerSecond));
                await stream.WriteAsync(RawMatroska.FrameHeader(size, ticks), token).ConfigureAwait(false);
                await stream.WriteAsync(source.Current, token).ConfigureAwait(false);
            }
        }
        catch (IOException)
        {
            // ffmpeg has closed its end: its exit code and last words say why.
        }
    }

    private static string Arguments(string path, MediaLimits limits) => FFMpegArguments
        .FromFileInput(FfmpegArgument.StandardInput, verifyExists: false, input => input.WithStrictRun(limits).ForceFormat("matroska"))
        .OutputToFile(FfmpegArgument.File(path), overwrite: true, output => output
            .WithVideoFilters(filters => filters
                .WithCustomFilter("scale", "in_range=pc:out_range=tv")
                .WithCustomFilter("format", "yuv420p"))
            .WithVideoCodec("libvpx-vp9")
            .WithCustomArgument("-lossless 1 -deadline realtime -cpu-used 8 -row-mt 1 -lag-in-frames 0 -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv")
            .WithThreads(limits.Threads)
            .WithFpsMode(FpsMode.Passthrough)
            .WithCustomArgument(FormattableString.Invariant($"-enc_time_base 1:{RawMatroska.TicksPerSecond} -video_track_timescale {RawMatroska.TicksPerSecond}"))
            .WithFastStart()
            .ForceFormat("mp4"))
        .Arguments;
}
