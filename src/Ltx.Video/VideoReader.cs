using System.Runtime.CompilerServices;
using System.Threading.Channels;
using FFMpegCore;
using FFMpegCore.Enums;
using Ltx.Video.Processes;
using Ltx.Video.Reading;

namespace Ltx.Video;

/// <summary>Decodes a file's picture into raw frames at a constant rate and size.</summary>
public static class VideoReader
{
    /// <summary>
    /// The frames of <paramref name="source"/> as a stream, from its first frame on; at most two are held beside the one that the caller
    /// has. A still image gives one frame. A video that is shorter than half a frame at the rate asked for gives its first frame.
    /// </summary>
    /// <remarks>
    /// What decodes is used, whatever the container says of it. What does not is concealed up to <see cref="VideoReadOptions.MaxConcealed"/> of the frames; a
    /// file with more damage, or one that is cut off, is an error once its frames have been given: a caller that has not seen the stream end by
    /// itself has not got a whole clip. Damage behind the last frame asked for is not looked at.
    /// </remarks>
    /// <exception cref="MediaException">The file is damaged, holds no frame, or this machine cannot decode it.</exception>
    /// <exception cref="ArgumentException">Planes are wanted at an odd size.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A side or the number of frames is not positive.</exception>
    public static async IAsyncEnumerable<VideoFrame> ReadAsync(
        MediaInfo source, VideoReadOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Size.Width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Size.Height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxFrames ?? 1);
        if (options.Pixels == FramePixels.Yuv420 && (options.Size.Width % 2 != 0 || options.Size.Height % 2 != 0))
        {
            throw new ArgumentException($"Chroma cannot be halved at {options.Size}; both sides must be even.", nameof(options));
        }

        var isVideo = source.Kind == MediaKind.Video;
        var count = 0;
        await foreach (var frame in DecodeAsync(source, options, isVideo, cancellationToken).ConfigureAwait(false))
        {
            yield return frame;
            count++;
        }

        if (count == 0 && isVideo)
        {
            // The fps filter rounds a clip of less than half a frame to nothing.
            await foreach (var frame in DecodeAsync(source, options, constantRate: false, cancellationToken).ConfigureAwait(false))
            {
                yield return frame;
                count++;
            }
        }

        if (count == 0)
        {
            throw MediaException.Input(source.Kind == MediaKind.StillImage ? MediaProblem.DamagedPicture : MediaProblem.Damaged, source.Role, "holds no frame that can be decoded");
        }
    }

    /// <summary>Decodes the first frame.</summary>
    /// <exception cref="MediaException">That cannot be done.</exception>
    internal static async Task TryFirstAsync(MediaInfo source, CancellationToken cancellationToken)
    {
        // Small and grey: the frame itself is of no interest.
        VideoReadOptions options = new() { Size = new FrameSize(2, 2), FramesPerSecond = new FrameRate(1, 1), MaxFrames = 1, Pixels = FramePixels.Gray8, MaxConcealed = 1 };
        await foreach (var frame in ReadAsync(source, options, cancellationToken).ConfigureAwait(false))
        {
            break;
        }
    }

    private static async IAsyncEnumerable<VideoFrame> DecodeAsync(
        MediaInfo source, VideoReadOptions options, bool constantRate, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var frames = Channel.CreateBounded<VideoFrame>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var decoding = RunAsync(source, options, constantRate, frames.Writer, abandon.Token);
        try
        {
            await foreach (var frame in frames.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return frame;
            }

            await decoding.ConfigureAwait(false);
        }
        finally
        {
            // A caller that leaves early, or is cancelled, must not leave ffmpeg behind.
            await abandon.CancelAsync().ConfigureAwait(false);
            await decoding.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task RunAsync(
        MediaInfo source, VideoReadOptions options, bool constantRate, ChannelWriter<VideoFrame> frames, CancellationToken cancellationToken)
    {
        try
        {
            var (whole, count) = (true, 0);
            async Task SplitAsync(Stream stream, ChildClock clock, CancellationToken token) =>
                (whole, count) = await VideoReader.SplitAsync(stream, options, frames, clock, token).ConfigureAwait(false);

            DecodeLog log = new();
            var isVideo = source.Kind == MediaKind.Video;
            var arguments = Arguments(source, options, constantRate);
            var memory = MemoryBound.Reading(source, options.Size);
            var result = isVideo
                ? await FfmpegTool.RunHeardAsync(arguments, source.Limits, memory, log.Hear, SplitAsync, cancellationToken).ConfigureAwait(false)
                : await FfmpegTool.RunFfmpegAsync(arguments, source.Limits, memory, input: null, SplitAsync, cancellationToken).ConfigureAwait(false);
            if (result.ExitCode != 0 || !whole)
            {
                throw FfmpegFailure.WhileReading(source, result);
            }

            if (isVideo && count > 0)
            {
                Judge(source, options, log, count, result);
            }
        }
        finally
        {
            frames.TryComplete();
        }
    }

    private static void Judge(MediaInfo source, VideoReadOptions options, DecodeLog log, int count, ChildResult result)
    {
        var start = log.Start
            ?? throw new MediaException(MediaFault.Server, "This ffmpeg does not tell when frames are shown: install a version from 5.1 to 7.", result.LastWords);
        var damaged = log.Damaged(options.FramesPerSecond, options.MaxFrames, count, source.FrameCountEstimate, source.IsCutShort)
            ?? throw FfmpegFailure.WhileReading(source, result);
        var whole = Math.Max(count, damaged.Count > 0 ? damaged[^1] + 1 : 0);
        var most = (int)(options.MaxConcealed * whole);
        if (damaged.Count > most)
        {
            throw FfmpegFailure.TooDamaged(source.Role, options.FramesPerSecond, damaged, whole, most, result);
        }

        options.Found?.Invoke(new VideoFindings(start, damaged, log.LostAtStart, log.Suspect, log.ChangesFormat));
    }

    private static string Arguments(MediaInfo source, VideoReadOptions options, bool constantRate)
    {
        var most = constantRate ? options.MaxFrames : 1;
        var arguments = FFMpegArguments
            .FromFileInput(FfmpegArgument.File(source.Path), verifyExists: false, input =>
            {
                if (source.Kind == MediaKind.Video)
                {
                    // One graph from the first frame to the last: one that ffmpeg rebuilds where the stream changes loses what its filters hold, and the time with it.
                    // FrameFilters puts in front of the others what copes with a change, and does the rotation, which ffmpeg would put before that.
                    input.WithTolerantRun(source.Limits).WithCustomArgument("-reinit_filter 0 -noautorotate");
                }
                else
                {
                    input.WithStrictRun(source.Limits);
                }

                input.WithUntrusted(source.Format.Demuxer, source.Limits);
                if (options.Pixels == FramePixels.GrayAlpha16 && source.Codec is "vp8" or "vp9")
                {
                    // ffmpeg's own decoders pass over the alpha that WebM stores beside the picture.
                    input.WithCustomArgument(source.Codec == "vp8" ? "-c:v libvpx" : "-c:v libvpx-vp9");
                }
            })
            .OutputToFile(FfmpegArgument.StandardOutput, overwrite: true, output =>
            {
                output
                    .WithCustomArgument(FormattableString.Invariant($"-map 0:{source.VideoIndex}"))
                    .WithVideoFilters(filters => FrameFilters.Add(filters, source, options, constantRate))
                    // The frames are spaced already; ffmpeg would fill a gap at the beginning a second time.
                    .WithFpsMode(FpsMode.Passthrough)
                    .WithVideoCodec("rawvideo")
                    .ForceFormat("rawvideo");
                if (most is { } frames)
                {
                    output.WithFrameCount(frames);
                }
            })
            .Arguments;
        return arguments + FileClock.Output(source, source.VideoIndex, most / options.FramesPerSecond.Value);
    }

    /// <summary>Cuts the stream into frames and counts them. False: it ended within one.</summary>
    private static async Task<(bool IsWhole, int Count)> SplitAsync(
        Stream stream, VideoReadOptions options, ChannelWriter<VideoFrame> frames, ChildClock clock, CancellationToken cancellationToken)
    {
        var length = checked((int)BytesPerFrame(options.Size, options.Pixels));
        for (var index = 0; ; index++)
        {
            var pixels = GC.AllocateUninitializedArray<byte>(length);
            var got = await stream.ReadAtLeastAsync(pixels, length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (got < length)
            {
                return (got == 0, index);
            }

            using (clock.Pause())
            {
                await frames.WriteAsync(new VideoFrame(index, options.Size, pixels), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static long BytesPerFrame(FrameSize size, FramePixels pixels) => pixels switch
    {
        FramePixels.Gray8 => size.Pixels,
        FramePixels.GrayAlpha16 => size.Pixels * 2,
        FramePixels.Rgb24 => size.Pixels * 3,
        FramePixels.Rgb48 => size.Pixels * 6,
        FramePixels.Yuv420 => size.Pixels * 3 / 2,
        _ => throw new ArgumentOutOfRangeException(nameof(pixels), pixels, "Unknown pixel layout."),
    };
}
