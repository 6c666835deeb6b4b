using System.Globalization;
using System.Text.RegularExpressions;

namespace Ltx.Video.Probing;

/// <summary>What the name of one of ffmpeg's pixel formats tells.</summary>
internal static partial class PixelFormatName
{
    /// <summary>Bits of one component: 8 for "yuv420p", 10 for "yuv420p10le" and "p010le", 16 for "rgb48be".</summary>
    public static int BitDepth(string name)
    {
        if (Packed().Match(name) is { Success: true } packed)
        {
            // rgb48, rgba64, bgr48, ya16: the number is that of the whole pixel but for ya16.
            return 16;
        }

        var match = Planar().Match(name);
        return match.Success ? int.Parse(match.Groups["bits"].ValueSpan, CultureInfo.InvariantCulture) : 8;
    }

    public static bool HasAlpha(string name) => Alpha().IsMatch(name);

    public static bool IsRgb(string name) => Rgb().IsMatch(name);

    public static bool IsGray(string name) => GrayOnly().IsMatch(name);

    /// <summary>A sample of Cb and of Cr for every square of four pixels (4:2:0).</summary>
    public static bool HasHalvedChroma(string name) => HalvedChroma().IsMatch(name);

    [GeneratedRegex("^(rgb48|bgr48|rgba64|bgra64|ya16)")]
    private static partial Regex Packed();

    // p010, p210, p412, p016 are the semi-planar ones; the others carry the depth behind a "p", "gray" or "f".
    [GeneratedRegex("^(p[024](?<bits>1[0246])|.*(p|gray|x2rgb|x2bgr|pf|f)(?<bits>9|10|12|14|16|32))(le|be)$")]
    private static partial Regex Planar();

    [GeneratedRegex("^(yuva|gbrap|rgba|bgra|argb|abgr|ya8|ya16|pal8)")]
    private static partial Regex Alpha();

    [GeneratedRegex("^(gbr|rgb|bgr|argb|abgr|0rgb|0bgr|x2rgb|x2bgr|pal8)")]
    private static partial Regex Rgb();

    [GeneratedRegex("^(yuv[aj]?420|nv12|nv21|p01[0-9])")]
    private static partial Regex HalvedChroma();

    [GeneratedRegex("^(gray|ya8|ya16|mono)")]
    private static partial Regex GrayOnly();
}
