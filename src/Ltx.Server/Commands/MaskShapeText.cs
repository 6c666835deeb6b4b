using System.Globalization;
using Ltx.Server.Playground;

namespace Ltx.Server.Commands;

/// <summary>
/// A rectangle or an ellipse as it is written on the command line: LEFT,TOP,WIDTH,HEIGHT in pixels of the source, of the ellipse those of the box
/// around it; where it moves, several of them, each behind its second: "0:10,20,64,48 1.5:90,20,64,48".
/// </summary>
internal static class MaskShapeText
{
    /// <exception cref="Ltx.Inference.InferenceException">It is no such shape.</exception>
    public static MarkShape Parse(string option, MarkKind kind, string text)
    {
        string[] parts = text.Split([' ', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0) throw Wrong(option, text);
        List<MarkKey> keys = [];
        foreach (string part in parts)
        {
            string[] timed = part.Split(':');
            double?[] box = [.. timed[^1].Split(',').Select(Number)];
            double? time = timed.Length switch { 1 when parts.Length == 1 => 0, 2 => Number(timed[0]), _ => null };
            if (time is null || box is not [{ } left, { } top, > 0 and { } width, > 0 and { } height]) throw Wrong(option, text);
            if (keys.Count > 0 && time <= keys[^1].Time) throw CommandFailure.Wrong($"{option} \"{text}\": its times must rise.");
            // The middle, half the sides, and a direction: not turned.
            keys.Add(new MarkKey(time.Value, [left + (width / 2), top + (height / 2), width / 2, height / 2, 1, 0]));
        }
        return new MarkShape(kind, Erase: false, double.NegativeInfinity, double.PositiveInfinity, keys);
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && Math.Abs(number) <= MaskRequestReader.MaxNumber
            ? number : null;

    private static Exception Wrong(string option, string text) =>
        CommandFailure.Wrong(
            $"{option} \"{text}\" is not LEFT,TOP,WIDTH,HEIGHT, nor several of them, each behind its second: \"0:10,20,64,48 1.5:90,20,64,48\".");
}
