using FFMpegCore;
using Ltx.Video.Processes;

namespace Ltx.Video;

/// <summary>
/// What alpha means in a mask, still or moving: nothing. A mask is its brightness. Where that and the alpha say the same, or the alpha is the same
/// everywhere, there is one reading; where they do not, its maker may have meant either, and the mask is refused.
/// </summary>
public static class MaskAlpha
{
    // Lossy codecs make these of 0 and 255.
    private const byte Clear = 16, Opaque = 239;

    // An alpha that varies by less draws nothing.
    private const int LeastContrast = 32;

    private const byte White = 128;

    // Two readings are a block of pixels wide: edges are soft, and brightness and alpha are compressed apart.
    private const int BlockSide = 3;

    /// <summary>Looks through the frames that will be used.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="options">How it will be read.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <exception cref="MediaException">It draws with its alpha, or cannot be decoded.</exception>
    public static async Task CheckAsync(MediaInfo mask, VideoReadOptions options, CancellationToken cancellationToken = default)
    {
        if (mask.Codec == "hevc" && !mask.HasAlpha && await HevcAlpha.IsInAsync(mask, cancellationToken).ConfigureAwait(false))
        {
            throw Refused(mask, "has an alpha layer, which cannot be read");
        }

        if (!mask.HasAlpha)
        {
            return;
        }

        var (least, most, differs) = ((byte)255, (byte)0, false);
        await foreach (var frame in VideoReader.ReadAsync(mask, options with { Pixels = FramePixels.GrayAlpha16 }, cancellationToken).ConfigureAwait(false))
        {
            Look(frame, ref least, ref most, ref differs);
        }

        if (differs && most - least >= LeastContrast)
        {
            throw Refused(mask, "draws with its transparency, which can be read in two ways");
        }
    }

    private static MediaException Refused(MediaInfo mask, string why) =>
        MediaException.Input(MediaProblem.Content, mask.Role, $"{why}; draw white on black instead, both opaque, white where the video is to change");

    private static void Look(VideoFrame frame, ref byte least, ref byte most, ref bool differs)
    {
        var pixels = frame.Pixels.Span;
        var above = new int[frame.Size.Width];
        for (var y = 0; y < frame.Size.Height; y++)
        {
            var run = 0;
            for (var x = 0; x < frame.Size.Width; x++)
            {
                var at = 2 * ((y * frame.Size.Width) + x);
                var (luma, alpha) = (pixels[at], pixels[at + 1]);
                (least, most) = (Math.Min(least, alpha), Math.Max(most, alpha));
                // How many pixels up to this one differ in its column; how many such columns stand side by side.
                above[x] = (alpha <= Clear && luma >= White) || (alpha >= Opaque && luma < White) ? above[x] + 1 : 0;
                run = above[x] >= BlockSide ? run + 1 : 0;
                differs |= run >= BlockSide;
            }
        }
    }

    /// <summary>HEVC keeps alpha as a layer of its own, which ffmpeg's decoder passes over (before version 8) and ffprobe does not mention.</summary>
    private static class HevcAlpha
    {
        private const int PrefixSei = 39, AlphaChannelInfo = 165;

        // Parameter sets and messages stand in front of the first picture's data.
        private const int BytesLookedAt = 1 << 16;

        public static async Task<bool> IsInAsync(MediaInfo mask, CancellationToken cancellationToken)
        {
            var arguments = FFMpegArguments
                .FromFileInput(FfmpegArgument.File(mask.Path), verifyExists: false, input => input
                    .WithTolerantRun(mask.Limits)
                    .WithUntrusted(mask.Format.Demuxer, mask.Limits))
                .OutputToFile(FfmpegArgument.StandardOutput, overwrite: true, output => output
                    .WithCustomArgument(FormattableString.Invariant($"-map 0:{mask.VideoIndex} -c copy -bsf:v hevc_mp4toannexb"))
                    .WithFrameCount(1)
                    .ForceFormat("hevc"))
                .Arguments;
            var head = new byte[BytesLookedAt];
            var count = 0;
            async Task ReadAsync(Stream stream, ChildClock clock, CancellationToken token)
            {
                count = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, token).ConfigureAwait(false);
                await stream.CopyToAsync(Stream.Null, token).ConfigureAwait(false);
            }

            await FfmpegTool.RunHeardAsync(arguments, mask.Limits, MemoryBound.Probing(mask.Limits, mask.Role), Reading.DecodeLog.SaysNothingBad, ReadAsync, cancellationToken).ConfigureAwait(false);
            return Says(head.AsSpan(0, count));
        }

        /// <summary>H.265, annex B and clause 7.3.5: NAL units behind 00 00 01, their type in the first byte; messages of a type and a size.</summary>
        private static bool Says(ReadOnlySpan<byte> stream)
        {
            for (int start; (start = stream.IndexOf((ReadOnlySpan<byte>)[0, 0, 1])) >= 0;)
            {
                stream = stream[(start + 3)..];
                var end = stream.IndexOf((ReadOnlySpan<byte>)[0, 0, 1]);
                var unit = end < 0 ? stream : stream[..end];
                if (unit.Length > 2 && ((unit[0] >> 1) & 0x3F) == PrefixSei && HasMessage(unit[2..]))
                {
                    return true;
                }
            }

            return false;
        }

        private static bool HasMessage(ReadOnlySpan<byte> messages)
        {
            while (messages.Length > 2)
            {
                if (Number(ref messages) == AlphaChannelInfo)
                {
                    return true;
                }

                messages = messages[Math.Min(Number(ref messages), messages.Length)..];
            }

            return false;
        }

        private static int Number(ref ReadOnlySpan<byte> bytes)
        {
            var number = 0;
            while (bytes.Length > 0)
            {
                var last = bytes[0];
                number += last;
                bytes = bytes[1..];
                if (last != 255)
                {
                    break;
                }
            }

            return number;
        }
    }
}
