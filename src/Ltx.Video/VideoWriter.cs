using Ltx.Video.Processes;
using Ltx.Video.Writing;

namespace Ltx.Video;

/// <summary>Encodes raw frames, and sound where there is some, to an MP4 file.</summary>
public static class VideoWriter
{
    /// <summary>
    /// Writes H.264 (4:2:0, tagged as what its frames are) and AAC (48 kHz stereo) to <paramref name="path"/>, index in front. Frames are
    /// pulled one by one as ffmpeg takes them. The file appears under its name only when it is whole; after a failure or a cancellation
    /// nothing is left, and an older file of that name is as it was.
    /// </summary>
    /// <param name="path">Where to; its folder exists.</param>
    /// <param name="options">Size, rate and quality.</param>
    /// <param name="frames">Planes, or [height, width, 3] bytes of full-range RGB; read before the next is asked for, so the bytes may be reused.</param>
    /// <param name="audio">Cut or padded with silence to exactly frames / rate; null for a file without sound.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <returns>Number of frames written.</returns>
    /// <exception cref="MediaException">The disk is full, ffmpeg is missing or failed, or there was no frame.</exception>
    /// <exception cref="ArgumentException">
    /// The size is odd, a frame has the wrong number of bytes, or there are not as many as <see cref="VideoWriteOptions.FrameCount"/> says, which sound needs.
    /// </exception>
    public static async Task<int> WriteAsync(
        string path,
        VideoWriteOptions options,
        IAsyncEnumerable<ReadOnlyMemory<byte>> frames,
        AudioClip? audio = null,
        CancellationToken cancellationToken = default)
    {
        if (options.Size is not { Width: > 0, Height: > 0 } || options.Size.Width % 2 != 0 || options.Size.Height % 2 != 0)
        {
            throw new ArgumentException($"A video of {options.Size} pixels cannot be written; both sides must be even.", nameof(options));
        }

        if (audio is not null && options.FrameCount is null)
        {
            throw new ArgumentException("How many frames come has to be known where there is sound: it lasts as long as they do.", nameof(options));
        }

        using var whole = PendingFile.For(path);
        using var samples = audio is null ? null : PendingFile.For(path);
        if (audio is not null)
        {
            await WriteSamplesAsync(samples!.Path, audio, options, cancellationToken).ConfigureAwait(false);
        }

        var count = 0;
        var result = await FfmpegTool.RunFfmpegAsync(
            EncodeArguments.Of(whole.Path, options, audio, samples?.Path),
            options.Limits,
            MemoryBound.Writing(options.Size, options.Limits),
            async (stream, clock, token) => count = await FeedAsync(stream, options, frames, clock, token).ConfigureAwait(false),
            output: null,
            cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw FfmpegFailure.WhileWriting(result);
        }

        await WrittenFile.VerifyAsync(whole.Path, options.Limits, count, cancellationToken).ConfigureAwait(false);
        whole.Commit();
        return count;
    }

    private static async Task WriteSamplesAsync(string path, AudioClip audio, VideoWriteOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await SampleFile
                .WriteAsync(path, audio, options.FramesPerSecond.SamplesIn(options.FrameCount!.Value, audio.SampleRate), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw DiskFailure.WhileWriting(exception);
        }
    }

    private static async Task<int> FeedAsync(
        Stream stream, VideoWriteOptions options, IAsyncEnumerable<ReadOnlyMemory<byte>> frames, ChildClock clock, CancellationToken cancellationToken)
    {
        var length = options.Planes is null ? options.Size.Pixels * 3 : options.Size.Pixels * 3 / 2;
        var count = 0;
        await using var source = frames.GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            // The maker of the frames has all the time it needs; only ffmpeg's is limited.
            using (clock.Pause())
            {
                if (!await source.MoveNextAsync().ConfigureAwait(false))
                {
                    break;
                }
            }

            if (source.Current.Length != length)
            {
                throw new ArgumentException(
                    $"Frame {count} has {source.Current.Length} bytes, and {length} are needed for {options.Size} pixels.", nameof(frames));
            }

            try
            {
                await stream.WriteAsync(source.Current, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // ffmpeg has closed its end: its exit code and last words say why.
                return count;
            }

            count++;
        }

        if (count == 0)
        {
            throw new MediaException(MediaFault.Server, "There was no frame to write.");
        }

        return options.FrameCount is null || count == options.FrameCount
            ? count
            : throw new ArgumentException($"{options.FrameCount} frames were to come, and {count} came.", nameof(frames));
    }
}
