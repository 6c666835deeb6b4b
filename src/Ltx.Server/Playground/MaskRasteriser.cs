namespace Ltx.Server.Playground;

/// <summary>
/// A drawing's pixels, by the rule of docs/marks.md and in its order of operations: the browser's own maker must give the same ones. Boxes only leave
/// out pixels that cannot be inside; every pixel in them is judged by the rule's own arithmetic.
/// </summary>
internal sealed class MaskRasteriser(int width, int height, Marks marks)
{
    private const byte Black = 0, White = 255;

    /// <summary>Below these, products of the rule may underflow to 0 and hold far away pixels: then there is no box.</summary>
    private const double SmallestDirection = 1e-60, SmallestBar = 1e-100;

    private readonly byte[] _frame = new byte[checked(width * height)];
    private readonly bool[] _flips = new bool[width + 1];
    private double[]?[]? _drawn;

    /// <summary>The frame at a time: [height, width] of 0 and 255. The bytes are the next frame's too.</summary>
    public ReadOnlyMemory<byte> Draw(double time, CancellationToken ct)
    {
        var states = marks.Shapes.Select(shape => shape.At(time)).ToArray();
        if (_drawn is not null && _drawn.Zip(states).All(pair => IsSame(pair.First, pair.Second)))
        {
            return _frame; // nothing has moved
        }

        _drawn = null;
        _frame.AsSpan().Clear();
        for (var i = 0; i < states.Length; i++)
        {
            if (states[i] is { } numbers)
            {
                Paint(marks.Shapes[i].Kind, numbers, marks.Shapes[i].Erase ? Black : White, ct);
            }
        }

        if (marks.Invert)
        {
            foreach (ref var pixel in _frame.AsSpan())
            {
                pixel = (byte)(White - pixel);
            }
        }

        _drawn = states;
        return _frame;
    }

    private static bool IsSame(double[]? a, double[]? b) => ReferenceEquals(a, b) || (a is not null && b is not null && a.AsSpan().SequenceEqual(b));

    private void Paint(MarkKind kind, double[] numbers, byte value, CancellationToken ct)
    {
        switch (kind)
        {
            case MarkKind.Rect:
            case MarkKind.Ellipse: PaintTurned(kind, numbers, value, ct); break;
            case MarkKind.Polygon: PaintPolygon(numbers, value, ct); break;
            default: PaintBrush(numbers[0], numbers.AsSpan(1), value, ct); break;
        }
    }

    private void PaintTurned(MarkKind kind, double[] numbers, byte value, CancellationToken ct)
    {
        if (numbers is not [var x, var y, var rx, var ry, var cos, var sin])
        {
            throw new ArgumentException("A rectangle or an ellipse has six numbers.", nameof(numbers));
        }

        var n = Math.Sqrt((cos * cos) + (sin * sin));
        var isBoxed = n > SmallestDirection && rx > SmallestDirection && ry > SmallestDirection;
        var across = isBoxed ? ((Math.Abs(cos) * rx) + (Math.Abs(sin) * ry)) / n : double.PositiveInfinity;
        var down = isBoxed ? ((Math.Abs(sin) * rx) + (Math.Abs(cos) * ry)) / n : double.PositiveInfinity;
        var box = Box(x - across, y - down, x + across, y + down);
        var (mostU, mostV) = (rx * n, ry * n);
        var r = rx * ry * n;
        var rr = r * r;
        for (var j = box.Top; j < box.Bottom; j++)
        {
            ct.ThrowIfCancellationRequested();
            var row = Row(j);
            var dy = j + 0.5 - y;
            var (dySin, dyCos) = (dy * sin, dy * cos);
            for (var i = box.Left; i < box.Right; i++)
            {
                var dx = i + 0.5 - x;
                var u = (dx * cos) + dySin;
                var v = dyCos - (dx * sin);
                bool inside;
                if (kind == MarkKind.Rect)
                {
                    inside = Math.Abs(u) <= mostU && Math.Abs(v) <= mostV;
                }
                else
                {
                    var (p, q) = (u * ry, v * rx);
                    inside = (p * p) + (q * q) <= rr;
                }

                if (inside)
                {
                    row[i] = value;
                }
            }
        }
    }

    /// <summary>A row at a time: each crossing flips all pixels to its left, and those flipped an odd number of times are inside.</summary>
    private void PaintPolygon(ReadOnlySpan<double> corners, byte value, CancellationToken ct)
    {
        var (top, bottom) = (double.PositiveInfinity, double.NegativeInfinity);
        for (var k = 1; k < corners.Length; k += 2)
        {
            (top, bottom) = (Math.Min(top, corners[k]), Math.Max(bottom, corners[k]));
        }

        var box = Box(0, top, width, bottom);
        for (var j = box.Top; j < box.Bottom; j++)
        {
            ct.ThrowIfCancellationRequested();
            var py = j + 0.5;
            _flips.AsSpan().Clear();
            for (var k = 0; k < corners.Length; k += 2)
            {
                var next = k + 2 == corners.Length ? 0 : k + 2;
                var (x1, y1, x2, y2) = (corners[k], corners[k + 1], corners[next], corners[next + 1]);
                if (y1 > py != y2 > py)
                {
                    _flips[CentresLeftOf(((py - y1) * (x2 - x1) / (y2 - y1)) + x1)] ^= true;
                }
            }

            var row = Row(j);
            var inside = false;
            for (var i = width - 1; i >= 0; i--)
            {
                inside ^= _flips[i + 1];
                if (inside)
                {
                    row[i] = value;
                }
            }
        }
    }

    /// <summary>How many of a row's pixels have their centre to the left of a crossing.</summary>
    private int CentresLeftOf(double crossing)
    {
        var count = (int)Math.Clamp(Math.Ceiling(crossing - 0.5), 0, width);
        while (count < width && count + 0.5 < crossing)
        {
            count++;
        }

        while (count > 0 && !(count - 0.5 < crossing))
        {
            count--;
        }

        return count;
    }

    private void PaintBrush(double radius, ReadOnlySpan<double> points, byte value, CancellationToken ct)
    {
        var square = radius * radius;
        for (var k = 0; k < points.Length; k += 2)
        {
            PaintDisc(points[k], points[k + 1], radius, square, value, ct);
            if (k > 0)
            {
                PaintBar(points.Slice(k - 2, 4), radius, square, value, ct);
            }
        }
    }

    private void PaintDisc(double x, double y, double radius, double square, byte value, CancellationToken ct)
    {
        var box = Box(x - radius, y - radius, x + radius, y + radius);
        for (var j = box.Top; j < box.Bottom; j++)
        {
            ct.ThrowIfCancellationRequested();
            var row = Row(j);
            var dy = j + 0.5 - y;
            var dyDy = dy * dy;
            for (var i = box.Left; i < box.Right; i++)
            {
                var dx = i + 0.5 - x;
                if ((dx * dx) + dyDy <= square)
                {
                    row[i] = value;
                }
            }
        }
    }

    private void PaintBar(ReadOnlySpan<double> ends, double radius, double square, byte value, CancellationToken ct)
    {
        var (x1, y1, x2, y2) = (ends[0], ends[1], ends[2], ends[3]);
        var (ex, ey) = (x2 - x1, y2 - y1);
        var l = (ex * ex) + (ey * ey);
        if (l == 0)
        {
            return;
        }

        var most = square * l;
        var reach = l > SmallestBar ? radius : double.PositiveInfinity;
        var box = Box(Math.Min(x1, x2) - reach, Math.Min(y1, y2) - reach, Math.Max(x1, x2) + reach, Math.Max(y1, y2) + reach);
        for (var j = box.Top; j < box.Bottom; j++)
        {
            ct.ThrowIfCancellationRequested();
            var row = Row(j);
            var dy = j + 0.5 - y1;
            var (dyEy, dyEx) = (dy * ey, dy * ex);
            for (var i = box.Left; i < box.Right; i++)
            {
                var dx = i + 0.5 - x1;
                var w = (dx * ex) + dyEy;
                var k = (dx * ey) - dyEx;
                if (w >= 0 && w <= l && k * k <= most)
                {
                    row[i] = value;
                }
            }
        }
    }

    private Span<byte> Row(int j) => _frame.AsSpan(j * width, width);

    /// <summary>The pixels of a box that is a pixel wider on each side than it must be, within the frame.</summary>
    private (int Left, int Top, int Right, int Bottom) Box(double left, double top, double right, double bottom) => (
        (int)Math.Clamp(Math.Floor(left) - 1, 0, width), (int)Math.Clamp(Math.Floor(top) - 1, 0, height),
        (int)Math.Clamp(Math.Ceiling(right) + 1, 0, width), (int)Math.Clamp(Math.Ceiling(bottom) + 1, 0, height));
}
