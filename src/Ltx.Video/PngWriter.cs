using FFMpegCore;
using Ltx.Video.Processes;
using Ltx.Video.Writing;

namespace Ltx.Video;

/// <summary>Writes pictures, for people to look at.</summary>
public static class PngWriter
{
    /// <summary>Writes <paramref name="frames"/> side by side, from left to right, as one PNG; it appears only when it is whole.</summary>
    /// <param name="path">Where to; its folder exists.</param>
    /// <param name="size">Size of each frame.</param>
    /// <param name="frames">[height, width, 3] bytes of RGB each; at least one.</param>
    /// <param name="limits">Bounds of ffmpeg; null for the defaults.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <exception cref="ArgumentException">There is no frame, or one has the wrong number of bytes.</exception>
    /// <exception cref="MediaException">The disk is full, or ffmpeg is missing or failed.</exception>
    public static async Task WriteAsync(
        string path,
        FrameSize size,
        IReadOnlyList<ReadOnlyMemory<byte>> frames,
        MediaLimits? limits = null,
        CancellationToken cancellationToken = default)
    {
        limits ??= MediaLimits.Default;
        var pixels = SideBySide(size, frames);
        var arguments = FFMpegArguments
            .FromFileInput(FfmpegArgument.StandardInput, verifyExists: false, input => input
                .WithStrictRun(limits)
                .ForceFormat("rawvideo")
                .WithPixelFormat("rgb24")
                .WithFrameSize(size.Width * frames.Count, size.Height))
            // Through a pipe, because the picture muxer would read a "%d" in the file's name as a pattern.
            .OutputToFile(FfmpegArgument.StandardOutput, overwrite: true, output => output
                .WithFrameCount(1)
                .WithVideoCodec("png")
                .WithPixelFormat("rgb24")
                .ForceFormat("image2pipe"))
            .Arguments;

        using var pending = PendingFile.For(path);
        ChildResult result;
        try
        {
            await using var file = new FileStream(pending.Path, FileMode.CreateNew, FileAccess.Write);
            result = await FfmpegTool.RunFfmpegAsync(
                arguments,
                limits,
                MemoryBound.Writing(new FrameSize(size.Width * frames.Count, size.Height), limits),
                async (stream, _, token) => await stream.WriteAsync(pixels, token).ConfigureAwait(false),
                (stream, _, token) => stream.CopyToAsync(file, token),
                cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw DiskFailure.WhileWriting(exception);
        }

        if (result.ExitCode != 0)
        {
            throw FfmpegFailure.WhileWriting(result);
        }

        pending.Commit();
    }

    private static byte[] SideBySide(FrameSize size, IReadOnlyList<ReadOnlyMemory<byte>> frames)
    {
        var row = size.Width * 3;
        if (frames.Count == 0 || frames.Any(frame => frame.Length != row * size.Height))
        {
            throw new ArgumentException($"At least one frame is needed, and each has to be of {row * size.Height} bytes.", nameof(frames));
        }

        var pixels = new byte[row * frames.Count * size.Height];
        for (var y = 0; y < size.Height; y++)
        {
            for (var i = 0; i < frames.Count; i++)
            {
                frames[i].Span.Slice(y * row, row).CopyTo(pixels.AsSpan(((y * frames.Count) + i) * row));
            }
        }

        return pixels;
    }
}
