using System.Globalization;
using System.Text.RegularExpressions;

namespace Ltx.Video.Probing;

/// <summary>The filters that bring stored frames upright by a file's display matrix, as ffmpeg itself would choose them.</summary>
internal static partial class Orientation
{
    /// <param name="rotation">Degrees counter-clockwise, 0 to 359.</param>
    /// <param name="matrix">As ffprobe prints it, three rows of three numbers; null where the file has none.</param>
    public static IReadOnlyList<(string Name, string Value)> Filters(int rotation, string? matrix)
    {
        int[] numbers = [.. Row().Matches(matrix ?? string.Empty).SelectMany(row => row.Groups.Values.Skip(1)).Select(group => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture))];
        // A mirrored picture has the same angle as one that is not; these elements tell.
        var (across, up, down) = numbers.Length == 9 ? (numbers[0], numbers[3], numbers[4]) : rotation == 180 ? (-1, 0, -1) : (1, 0, 1);
        return rotation switch
        {
            0 => down < 0 ? [Vertical] : [],
            90 => [("transpose", numbers.Length == 9 && up < 0 ? "clock_flip" : "cclock")],
            180 => [.. across < 0 ? new[] { Horizontal } : [], .. down < 0 ? new[] { Vertical } : []],
            270 => [("transpose", up > 0 ? "cclock_flip" : "clock")],
            _ => [("rotate", FormattableString.Invariant($"{360 - rotation}*PI/180"))],
        };
    }

    private static (string Name, string Value) Horizontal => ("hflip", string.Empty);

    private static (string Name, string Value) Vertical => ("vflip", string.Empty);

    [GeneratedRegex(@"^[0-9a-f]{8}:\s+(-?\d+)\s+(-?\d+)\s+(-?\d+)", RegexOptions.Multiline)]
    private static partial Regex Row();
}
