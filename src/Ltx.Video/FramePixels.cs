namespace Ltx.Video;

/// <summary>How the pixels of a read frame are laid out. All are full range: black is 0 and white is 255.</summary>
public enum FramePixels
{
    /// <summary>Three bytes a pixel: red, green, blue; BT.709 primaries and transfer.</summary>
    Rgb24,

    /// <summary>One byte a pixel: luma.</summary>
    Gray8,

    /// <summary>Four bytes a pixel: red, green, blue, alpha (not premultiplied; 255 where the file has none).</summary>
    Rgba32,
}
