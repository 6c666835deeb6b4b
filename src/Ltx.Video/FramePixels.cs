namespace Ltx.Video;

/// <summary>How the pixels of a read frame are laid out. All but planes are full range: black is 0 and white is 255.</summary>
public enum FramePixels
{
    /// <summary>Three bytes a pixel: red, green, blue; BT.709 primaries and transfer.</summary>
    Rgb24,

    /// <summary>One byte a pixel: luma.</summary>
    Gray8,

    /// <summary>Two bytes a pixel: luma, and alpha (255 is opaque, also where the file has none).</summary>
    GrayAlpha16,

    /// <summary>Six bytes a pixel: red, green, blue of 16 bits, the lower byte first.</summary>
    Rgb48,

    /// <summary>
    /// Planes one after the other: Y, a byte a pixel, then Cb and Cr, a byte for every square of four. The file's own numbers wherever they can be kept;
    /// <see cref="SourcePlanes"/> says what they mean. For even sizes.
    /// </summary>
    Yuv420,
}
