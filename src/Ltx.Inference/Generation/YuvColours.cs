namespace Ltx.Inference.Generation;

/// <summary>What 8-bit planes mean that hold Y for every pixel, and Cb and Cr for every square of four.</summary>
/// <param name="Kr">red's share of luma, such as 0.2126 by BT.709</param>
/// <param name="Kb">blue's share</param>
/// <param name="IsFullRange">all three use 0 to 255; otherwise luma uses 16 to 235 and chroma 16 to 240</param>
/// <param name="ChromaX">where in its pair of columns a chroma sample lies: 0 on the first, 0.5 between them, 1 on the second</param>
/// <param name="ChromaY">the same in its pair of rows</param>
public sealed record YuvColours(double Kr, double Kb, bool IsFullRange, double ChromaX, double ChromaY)
{
    /// <summary>What most files of high definition have: ITU-R BT.709, limited range, chroma to the left.</summary>
    public static YuvColours Bt709 { get; } = new(0.2126, 0.0722, IsFullRange: false, ChromaX: 0, ChromaY: 0.5);
}
