namespace Ltx.Video;

/// <summary>
/// What 8-bit planes of Y, Cb and Cr mean, with chroma halved both ways (4:2:0), and how a file says it. Names are ffmpeg's.
/// </summary>
/// <param name="Matrix">how RGB became Y, Cb and Cr, such as "bt709"</param>
/// <param name="Primaries">which red, green and blue</param>
/// <param name="Transfer">how numbers become light</param>
/// <param name="IsFullRange">all three use 0 to 255; otherwise luma uses 16 to 235 and chroma 16 to 240</param>
/// <param name="ChromaX">where in its pair of columns a chroma sample lies: 0 on the first, 0.5 between them, 1 on the second</param>
/// <param name="ChromaY">the same in its pair of rows</param>
public sealed record PlaneColours(string Matrix, string Primaries, string Transfer, bool IsFullRange, double ChromaX, double ChromaY)
{
    /// <summary>What is written where nothing else is wished: high definition, limited range, chroma to the left.</summary>
    public static PlaneColours Bt709 { get; } = new("bt709", "bt709", "bt709", IsFullRange: false, ChromaX: 0, ChromaY: 0.5);

    /// <summary>Shares of red and blue in luma (ITU-T H.273, table 4).</summary>
    public (double Red, double Blue) LumaShares => Matrix switch
    {
        "bt709" => (0.2126, 0.0722),
        "smpte170m" or "bt470bg" => (0.299, 0.114),
        "fcc" => (0.30, 0.11),
        "smpte240m" => (0.212, 0.087),
        "bt2020nc" => (0.2627, 0.0593),
        _ => throw new InvalidOperationException($"The matrix {Matrix} has no shares."),
    };

    /// <summary>A file can say exactly where chroma lies. To the right of its pair, as in a clip that stood on its head or before a mirror, it cannot: between both is the nearest then.</summary>
    public bool HasTagForChroma => ChromaX <= 0.5;

    /// <summary>ffmpeg's word for the range.</summary>
    internal string Range => IsFullRange ? "pc" : "tv";

    /// <summary>H.264's chroma_sample_loc_type (table E-1): left, centre, top left, top, bottom left, bottom.</summary>
    internal int ChromaLocation => (ChromaX, ChromaY) switch
    {
        (0, 0.5) => 0,
        (_, 0.5) => 1,
        (0, 0) => 2,
        (_, 0) => 3,
        (0, _) => 4,
        _ => 5,
    };

    /// <summary>With chroma where another has it.</summary>
    internal PlaneColours WithChroma(PlaneColours other) => At(other.ChromaX, other.ChromaY);

    /// <summary>After the filters that bring stored frames upright (<see cref="Probing.Orientation"/>): chroma moves with the picture.</summary>
    internal PlaneColours After(IEnumerable<(string Name, string Value)> filters) => filters.Aggregate(this, (colours, filter) => filter switch
    {
        ("hflip", _) => colours.At(1 - colours.ChromaX, colours.ChromaY),
        ("vflip", _) => colours.At(colours.ChromaX, 1 - colours.ChromaY),
        // A sample on the first of two rows lies on the second of two columns after a quarter turn clockwise.
        ("transpose", "clock") => colours.At(1 - colours.ChromaY, colours.ChromaX),
        ("transpose", "cclock") => colours.At(colours.ChromaY, 1 - colours.ChromaX),
        ("transpose", "clock_flip") => colours.At(1 - colours.ChromaY, 1 - colours.ChromaX),
        ("transpose", "cclock_flip") => colours.At(colours.ChromaY, colours.ChromaX),
        _ => colours,
    });

    private PlaneColours At(double x, double y) => this with { ChromaX = x, ChromaY = y };
}
