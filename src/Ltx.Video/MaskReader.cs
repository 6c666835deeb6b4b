using System.Buffers.Binary;

namespace Ltx.Video;

/// <summary>Reads masks: white is bright. One that is not black and yet has nothing white was meant to be something else.</summary>
public static class MaskReader
{
    /// <summary>Half of white: from here on a pixel is to change.</summary>
    public const byte White = 128;

    // What lossy codecs, and black of limited range that is tagged as full, make of black.
    private const int BlackAfterCompression = 24;

    // 16-bit pictures that somebody filled with 8-bit values; resampling overshoots 255.
    private const int EightBitsInSixteen = 512;

    // Up to here a value is rather the number of a class than a shade.
    private const int LargestClass = 32;

    /// <summary>
    /// The mask's frames by their luma. Where none has a white pixel, and the file holds the very numbers that its maker wrote, 0 and 1 are taken for black and
    /// white. Black stays black: the source comes back.
    /// </summary>
    /// <param name="mask">A video or a still image.</param>
    /// <param name="options">Size, rate and number of frames.</param>
    /// <param name="cancellationToken">Kills ffmpeg.</param>
    /// <exception cref="MediaException">It is damaged, or dark and not black: a mask of class numbers, or drawn in red.</exception>
    public static async Task<MaskFrames> ReadAsync(MediaInfo mask, VideoReadOptions options, CancellationToken cancellationToken = default)
    {
        List<byte[]> frames = [];
        await foreach (var frame in VideoReader.ReadAsync(mask, options with { Pixels = FramePixels.Gray8, MaxConcealed = 0 }, cancellationToken).ConfigureAwait(false))
        {
            frames.Add(frame.Pixels.ToArray());
        }

        return frames.Exists(frame => frame.AsSpan().ContainsAnyInRange(White, byte.MaxValue)) ? new MaskFrames(frames, null)
            : await ReadDarkAsync(mask, options, frames, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Looks again, at all three colours and all bits.</summary>
    private static async Task<MaskFrames> ReadDarkAsync(MediaInfo mask, VideoReadOptions options, List<byte[]> gray, CancellationToken cancellationToken)
    {
        var isDeep = mask.BitDepth > 8;
        Brightest brightest = new(isDeep);
        List<byte[]> frames = [];
        var deeper = options with { Pixels = isDeep ? FramePixels.Rgb48 : FramePixels.Rgb24, MaxConcealed = 0 };
        await foreach (var frame in VideoReader.ReadAsync(mask, deeper, cancellationToken).ConfigureAwait(false))
        {
            frames.Add(brightest.Look(frame.Pixels.Span));
        }

        if (mask.HoldsNumbers && brightest is { Value: 1, HasBlack: true })
        {
            return new MaskFrames([.. frames.Select(Stretched)], MediaException.Sentence(mask.Role, "holds 0 and 1 only; 1 is taken for white"));
        }

        if (brightest.Value == 0 || (!mask.IsLossless && brightest.Value <= BlackAfterCompression * (isDeep ? 257 : 1)))
        {
            return new MaskFrames(gray, null);
        }

        if (mask.HoldsNumbers && isDeep && brightest.Value is >= White and < EightBitsInSixteen)
        {
            return new MaskFrames(frames, MediaException.Sentence(mask.Role, "holds 8-bit values in 16 bits; 255 is taken for white"));
        }

        var question = brightest.Value > LargestClass * (isDeep ? 257 : 1) ? string.Empty : brightest.Value == 1 ? ": is this a 0/1 mask?" : ": are these numbers of classes?";
        throw MediaException.Input(
            MediaProblem.Content, mask.Role, $"has no white pixel; its brightest value is {brightest}{question}{(question.Length > 0 ? " Draw" : "; draw")} white where the video is to change");
    }

    private static byte[] Stretched(byte[] frame) => [.. frame.Select(value => value == 0 ? (byte)0 : byte.MaxValue)];

    /// <summary>The brightest component of all pixels.</summary>
    private sealed class Brightest(bool isDeep)
    {
        private readonly int[] pixel = new int[3];

        public int Value { get; private set; }

        public bool HasBlack { get; private set; }

        /// <summary>The brightest component of each pixel, no more than 255.</summary>
        public byte[] Look(ReadOnlySpan<byte> rgb)
        {
            var size = isDeep ? 6 : 3;
            var components = new byte[rgb.Length / size];
            for (var i = 0; i < components.Length; i++)
            {
                var at = rgb.Slice(i * size, size);
                var (red, green, blue) = isDeep
                    ? (BinaryPrimitives.ReadUInt16LittleEndian(at), BinaryPrimitives.ReadUInt16LittleEndian(at[2..]), BinaryPrimitives.ReadUInt16LittleEndian(at[4..]))
                    : ((ushort)at[0], (ushort)at[1], (ushort)at[2]);
                var most = Math.Max(red, Math.Max(green, blue));
                HasBlack |= most == 0;
                if (most > Value)
                {
                    (Value, pixel[0], pixel[1], pixel[2]) = (most, red, green, blue);
                }

                components[i] = (byte)Math.Min((int)most, byte.MaxValue);
            }

            return components;
        }

        public override string ToString()
        {
            var of = isDeep ? ushort.MaxValue : byte.MaxValue;
            return pixel[0] == pixel[1] && pixel[1] == pixel[2]
                ? FormattableString.Invariant($"{Value} of {of}")
                : FormattableString.Invariant($"{Value} of {of}, in the colour ({pixel[0]}, {pixel[1]}, {pixel[2]})");
        }
    }
}
