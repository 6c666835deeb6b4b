using System.Text.Json;
using Ltx.Server.Fal;
using Ltx.Video;

namespace Ltx.Server.Playground;

/// <summary>Reads the body of `POST /ui/api/masks`. Bounds and rules: docs/marks.md.</summary>
internal static class MaskRequestReader
{
    public const int MaxSide = 16384, MaxTimes = 32768, MaxShapes = 1000, MaxKeys = 10_000, MaxPoints = 20_000, MaxIdLength = 64;

    public const double MaxNumber = 1_000_000;

    /// <summary>An hour. The endpoint covers 481 frames at one a second at most.</summary>
    public const double MaxSeconds = 3600;

    /// <summary>Pixels of all frames together: 32768 of 1920x1088.</summary>
    public const long MaxPixels = 32768L * 1920 * 1088;

    private static readonly string[] RoundNumbers = ["x", "y", "rx", "ry", "cos", "sin"];

    /// <summary>The request, or the first thing that is wrong with it.</summary>
    /// <param name="body">the JSON</param>
    /// <param name="maxFramePixels">what a source's frame may have: a mask of more belongs to none</param>
    public static (MaskRequest? Request, FalDetail? Problem) Read(JsonElement body, long maxFramePixels)
    {
        try
        {
            JsonField root = new(body, ["body"]);
            var width = root.Required("width").Integer(1, MaxSide);
            var height = root.Required("height").Integer(1, MaxSide);
            if ((long)width * height > maxFramePixels)
            {
                throw root.Required("height").Problem("value_error", $"A mask of {width}x{height} pixels is too large: at most {maxFramePixels} pixels a frame are allowed");
            }

            var times = Times(root.Required("times"));
            if ((long)width * height * times.Length > MaxPixels)
            {
                throw root.Required("times").Problem("value_error", $"{times.Length} frames of {width}x{height} pixels are more than the {MaxPixels} pixels that one mask may have");
            }

            return (new MaskRequest(new FrameSize(width, height), times, Marks(root.Required("marks"))), null);
        }
        catch (JsonFieldException e)
        {
            return (null, e.Detail);
        }
    }

    /// <summary>A drawing by itself, or the first thing that is wrong with it.</summary>
    public static (Marks? Marks, FalDetail? Problem) ReadMarks(JsonElement marks)
    {
        try
        {
            return (Marks(new JsonField(marks, [])), null);
        }
        catch (JsonFieldException e)
        {
            return (null, e.Detail);
        }
    }

    private static double[] Times(JsonField list)
    {
        double[] times = [.. list.Items(1, MaxTimes).Select(item => item.Number(-MaxNumber, MaxNumber))];
        for (var i = 1; i < times.Length; i++)
        {
            if (!(times[i] > times[i - 1]))
            {
                throw list.Item(i).Problem("value_error", "Each time should be greater than the one before it");
            }
        }

        return times[^1] - times[0] <= MaxSeconds
            ? times
            : throw list.Problem("value_error", $"The times should lie within {MaxSeconds} seconds");
    }

    private static Marks Marks(JsonField marks)
    {
        var invert = marks.Optional("invert")?.Boolean() ?? false;
        HashSet<string> ids = new(StringComparer.Ordinal);
        return new Marks(invert, [.. marks.Required("shapes").Items(0, MaxShapes).Select(shape => Shape(shape, ids))]);
    }

    private static MarkShape Shape(JsonField shape, HashSet<string> ids)
    {
        if (shape.Optional("id") is { } id && !ids.Add(id.Text(MaxIdLength)))
        {
            throw id.Problem("value_error", "Another shape has the same id");
        }

        var kind = shape.Required("type").Choice("rect", "ellipse", "polygon", "brush") switch
        {
            "rect" => MarkKind.Rect,
            "ellipse" => MarkKind.Ellipse,
            "polygon" => MarkKind.Polygon,
            _ => MarkKind.Brush,
        };
        var erase = shape.Optional("erase")?.Boolean() ?? false;
        var from = shape.Optional("from")?.Number(-MaxNumber, MaxNumber) ?? double.NegativeInfinity;
        var to = shape.Optional("to")?.Number(-MaxNumber, MaxNumber) ?? double.PositiveInfinity;
        List<MarkKey> keys = [];
        foreach (var item in shape.Required("keys").Items(1, MaxKeys))
        {
            var key = Key(kind, item);
            if (keys.Count > 0 && !(key.Time > keys[^1].Time))
            {
                throw item.Required("time").Problem("value_error", "Each key's time should be greater than the one before it");
            }

            if (keys.Count > 0 && key.Numbers.Length != keys[0].Numbers.Length)
            {
                throw item.Required("points").Problem("value_error", "Every key of a shape should have the same number of points");
            }

            keys.Add(key);
        }

        return new MarkShape(kind, erase, from, to, keys);
    }

    private static MarkKey Key(MarkKind kind, JsonField key)
    {
        var time = key.Required("time").Number(-MaxNumber, MaxNumber);
        return new MarkKey(time, kind switch
        {
            MarkKind.Polygon => [.. Points(key, 3)],
            MarkKind.Brush => [key.Required("radius").Positive(MaxNumber), .. Points(key, 1)],
            _ => Round(key),
        });
    }

    private static double[] Round(JsonField key)
    {
        double[] numbers =
        [
            .. RoundNumbers.Select(name => name is "rx" or "ry" ? key.Required(name).Positive(MaxNumber) : key.Required(name).Number(-MaxNumber, MaxNumber)),
        ];
        return numbers[4] != 0 || numbers[5] != 0 ? numbers : throw key.Required("cos").Problem("value_error", "cos and sin should not both be 0");
    }

    private static IEnumerable<double> Points(JsonField key, int least) =>
        key.Required("points").Items(least, MaxPoints).SelectMany(point => point.Items(2, 2).Select(number => number.Number(-MaxNumber, MaxNumber)));
}
