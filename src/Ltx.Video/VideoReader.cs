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
    /// A damaged or cut-off file is an error once the frames before the damage have been given: a caller that has not seen the stream end by
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
            var whole = true;
            var result = await FfmpegTool.RunFfmpegAsync(
                Arguments(source, options, constantRate),
                source.Limits,
                input: null,
                async (stream, clock, token) => whole = await SplitAsync(stream, options, frames, clock, token).ConfigureAwait(false),
                cancellationToken).ConfigureAwait(false);
            if (result.ExitCode != 0 || !whole || SaysCutOff(result))
            {
                throw FfmpegFailure.WhileReading(source.Role, result, source.Kind);
            }
        }
        finally
        {
            frames.TryComplete();
        }
    }

    private static string Arguments(MediaInfo source, VideoReadOptions options, bool constantRate) => FFMpegArguments
        .FromFileInput(FfmpegArgument.File(source.Path), verifyExists: false, input => input
            .WithStrictRun(source.Limits)
            .WithUntrusted(source.Format.Demuxer, source.Limits))
        .OutputToFile(FfmpegArgument.StandardOutput, overwrite: true, output =>
        {
            output
                .WithCustomArgument(FormattableString.Invariant($"-map 0:{source.VideoIndex}"))
                .WithVideoFilters(filters => FrameFilters.Add(filters, source, options, constantRate))
                // The frames are spaced already; ffmpeg would fill a gap at the beginning a second time.
                .WithFpsMode(FpsMode.Passthrough)
                .WithVideoCodec("rawvideo")
                .ForceFormat("rawvideo");
            if ((constantRate ? options.MaxFrames : 1) is { } most)
            {
                output.WithFrameCount(most);
            }
        })
        .Arguments;

    /// <summary>Cuts the stream into frames. False: it ended within a frame.</summary>
    private static async Task<bool> SplitAsync(
        Stream stream, VideoReadOptions options, ChannelWriter<VideoFrame> frames, ChildClock clock, CancellationToken cancellationToken)
    {
        var length = checked((int)BytesPerFrame(options.Size, options.Pixels));
        for (var index = 0; ; index++)
        {
            var pixels = GC.AllocateUninitializedArray<byte>(length);
            var got = await stream.ReadAtLeastAsync(pixels, length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            if (got < length)
            {
                return got == 0;
            }

            using (clock.Pause())
            {
                await frames.WriteAsync(new VideoFrame(index, options.Size, pixels), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // Matroska's demuxer ends a cut-off file as if it were whole; only its message tells. The other formats fail under -xerror.
    private static bool SaysCutOff(ChildResult result) => result.LastWords.Contains("File ended prematurely", StringComparison.Ordinal);

    private static long BytesPerFrame(FrameSize size, FramePixels pixels) => pixels switch
    {
        FramePixels.Gray8 => size.Pixels,
        FramePixels.Rgb24 => size.Pixels * 3,
        FramePixels.Rgba32 => size.Pixels * 4,
        FramePixels.Yuv420 => size.Pixels * 3 / 2,
        _ => throw new ArgumentOutOfRangeException(nameof(pixels), pixels, "Unknown pixel layout."),
    };
}
