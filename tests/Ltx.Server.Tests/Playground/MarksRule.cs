using Ltx.Server.Playground;

namespace Ltx.Server.Tests.Playground;

/// <summary>docs/marks.md word for word, a pixel at a time and without any shortcut.</summary>
internal static class MarksRule
{
    public static byte[] Frame(int width, int height, Marks marks, double time)
    {
        byte[] frame = new byte[width * height];
        for (int j = 0; j < height; j++)
        {
            for (int i = 0; i < width; i++)
            {
                byte pixel = 0;
                foreach (MarkShape shape in marks.Shapes)
                {
                    if (shape.From <= time && time < shape.To && Inside(shape.Kind, Numbers(shape, time), i + 0.5, j + 0.5)) pixel = shape.Erase ? (byte)0 : (byte)255;
                }
                frame[j * width + i] = marks.Invert ? (byte)(255 - pixel) : pixel;
            }
        }
        return frame;
    }

    private static double[] Numbers(MarkShape shape, double t)
    {
        if (t <= shape.Keys[0].Time) return shape.Keys[0].Numbers;
        if (t >= shape.Keys[^1].Time) return shape.Keys[^1].Numbers;
        MarkKey a = shape.Keys.Last(key => key.Time <= t), b = shape.Keys.First(key => key.Time > t);
        double f = (t - a.Time) / (b.Time - a.Time);
        double[] values = [.. a.Numbers.Zip(b.Numbers, (from, to) => from + (to - from) * f)];
        if (shape.Kind is MarkKind.Rect or MarkKind.Ellipse && values[4] == 0 && values[5] == 0) return [values[0], values[1], values[2], values[3], a.Numbers[4], a.Numbers[5]];
        return values;
    }

    private static bool Inside(MarkKind kind, double[] s, double px, double py)
    {
        switch (kind)
        {
            case MarkKind.Rect or MarkKind.Ellipse:
                {
                    (double x, double y, double rx, double ry, double cos, double sin) = (s[0], s[1], s[2], s[3], s[4], s[5]);
                    double dx = px - x, dy = py - y;
                    double u = dx * cos + dy * sin, v = dy * cos - dx * sin, n = Math.Sqrt(cos * cos + sin * sin);
                    if (kind == MarkKind.Rect) return Math.Abs(u) <= rx * n && Math.Abs(v) <= ry * n;
                    double p = u * ry, q = v * rx, r = (rx * ry) * n;
                    return p * p + q * q <= r * r;
                }
            case MarkKind.Polygon:
                {
                    bool inside = false;
                    for (int k = 0; k < s.Length; k += 2)
                    {
                        (double x1, double y1, double x2, double y2) = (s[k], s[k + 1], s[(k + 2) % s.Length], s[(k + 3) % s.Length]);
                        if (y1 > py != y2 > py && px < ((py - y1) * (x2 - x1)) / (y2 - y1) + x1) inside = !inside;
                    }
                    return inside;
                }
            default:
                {
                    double radius = s[0];
                    for (int k = 1; k < s.Length; k += 2)
                    {
                        double dx = px - s[k], dy = py - s[k + 1];
                        if (dx * dx + dy * dy <= radius * radius) return true;
                        if (k == 1) continue;
                        double ex = s[k] - s[k - 2], ey = s[k + 1] - s[k - 1], l = ex * ex + ey * ey;
                        if (l == 0) continue;
                        double fx = px - s[k - 2], fy = py - s[k - 1];
                        double w = fx * ex + fy * ey, c = fx * ey - fy * ex;
                        if (w >= 0 && w <= l && c * c <= (radius * radius) * l) return true;
                    }
                    return false;
                }
        }
    }
}
