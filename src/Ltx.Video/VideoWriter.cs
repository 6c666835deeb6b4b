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
    /// <exception cref="ArgumentException">The size is odd, or a frame has the wrong number of bytes.</exception>
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

        // 1. The picture. How long the sound has to be is known only when the last frame has come.
        using var picture = PendingFile.For(path);
        var count = await WritePictureAsync(picture.Path, options, frames, isLastStep: audio is null, cancellationToken).ConfigureAwait(false);
        if (audio is null)
        {
            await WrittenFile.VerifyAsync(picture.Path, options.Limits, count, cancellationToken).ConfigureAwait(false);
            picture.Commit();
            return count;
        }

        // 2. The sound beside it; the picture is copied.
        using var samples = PendingFile.For(path);
        using var whole = PendingFile.For(path);
        try
        {
            await SampleFile
                .WriteAsync(samples.Path, audio, options.FramesPerSecond.SamplesIn(count, audio.SampleRate), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw DiskFailure.WhileWriting(exception);
        }

        var result = await FfmpegTool.RunFfmpegAsync(
            EncodeArguments.WithSound(picture.Path, samples.Path, audio, whole.Path, options.Limits),
            options.Limits, MemoryBound.Writing(options.Size, options.Limits), input: null, output: null, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw FfmpegFailure.WhileWriting(result);
        }

        await WrittenFile.VerifyAsync(whole.Path, options.Limits, count, cancellationToken).ConfigureAwait(false);
        whole.Commit();
        return count;
    }

    private static async Task<int> WritePictureAsync(
        string path, VideoWriteOptions options, IAsyncEnumerable<ReadOnlyMemory<byte>> frames, bool isLastStep, CancellationToken cancellationToken)
    {
        var count = 0;
        var result = await FfmpegTool.RunFfmpegAsync(
            EncodeArguments.Picture(path, options, isLastStep),
            options.Limits,
            MemoryBound.Writing(options.Size, options.Limits),
            async (stream, clock, token) => count = await FeedAsync(stream, options, frames, clock, token).ConfigureAwait(false),
            output: null,
            cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw FfmpegFailure.WhileWriting(result);
        }

        return count;
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

        return count > 0 ? count : throw new MediaException(MediaFault.Server, "There was no frame to write.");
    }
}
