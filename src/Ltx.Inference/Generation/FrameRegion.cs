using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Generation;

/// <summary>A rectangle of every frame of a clip.</summary>
internal readonly record struct FrameRegion(int Top, int Left, int Height, int Width)
{
    /// <summary>The same place in planes of half the size; its own sides and place are even.</summary>
    public FrameRegion Half => new(Top / 2, Left / 2, Height / 2, Width / 2);

    /// <summary>What holds all white pixels of all frames, and so much around them as the frame has; null where there is no white pixel.</summary>
    /// <param name="mask">[F, 1, H, W] 0 or 1</param>
    /// <param name="margin">pixels to every side, at least</param>
    /// <param name="grid">rows and columns begin at multiples of it, and end at one or with the frame</param>
    public static FrameRegion? AroundWhite(Tensor mask, int margin, int grid)
    {
        using var scope = NewDisposeScope();
        Tensor any = mask.amax([0, 1]);
        // One copy for both: every look waits for the device.
        float[] sums = cat([any.amax([1]), any.amax([0])]).ToArray<float>();
        int height = (int)mask.shape[2], width = (int)mask.shape[3];
        if (Span(sums.AsSpan(0, height), margin, grid) is not { } rows || Span(sums.AsSpan(height, width), margin, grid) is not { } columns) return null;
        return new FrameRegion(rows.Begin, columns.Begin, rows.End - rows.Begin, columns.End - columns.Begin);
    }

    /// <summary>The rectangle of a clip, without a copy.</summary>
    /// <param name="clip">[F, C, H, W]</param>
    public Tensor Of(Tensor clip) => clip.narrow(2, Top, Height).narrow(3, Left, Width);

    private static (int Begin, int End)? Span(ReadOnlySpan<float> white, int margin, int grid)
    {
        int first = white.IndexOfAnyExcept(0f), last = white.LastIndexOfAnyExcept(0f);
        if (first < 0) return null;
        int begin = Math.Max(0, first - margin) / grid * grid, end = (last + margin + grid) / grid * grid;
        return (begin, Math.Min(white.Length, end));
    }
}
