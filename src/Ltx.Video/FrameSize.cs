namespace Ltx.Video;

/// <summary>A picture's size in square pixels.</summary>
public readonly record struct FrameSize(int Width, int Height)
{
    public long Pixels => (long)Width * Height;

    public override string ToString() => FormattableString.Invariant($"{Width}x{Height}");
}
