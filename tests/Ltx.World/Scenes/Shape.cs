namespace Ltx.World.Scenes;

internal enum ShapeKind
{
    Disc,
    Square,
    Triangle,
}

/// <summary>Outlines.</summary>
internal static class Shape
{
    // Half a side of the square; top, bottom and half the width of the triangle: all by the disc's radius.
    private const double SquareHalf = 0.85, Apex = -1, Base = 0.57, BaseHalf = 0.88;

    public static IReadOnlyList<ShapeKind> All { get; } = [ShapeKind.Disc, ShapeKind.Square, ShapeKind.Triangle];

    public static string NameOf(ShapeKind kind) => kind switch
    {
        ShapeKind.Disc => "disc",
        ShapeKind.Square => "square",
        _ => "triangle",
    };

    /// <summary>How far a point is outside of the outline; negative inside.</summary>
    /// <param name="x">to the right of the middle</param>
    /// <param name="y">below the middle</param>
    /// <param name="size">radius of the disc; squares and triangles look as large</param>
    public static double Distance(ShapeKind kind, double x, double y, double size)
    {
        switch (kind)
        {
            case ShapeKind.Disc:
                return Math.Sqrt(x * x + y * y) - size;
            case ShapeKind.Square:
                return Math.Max(Math.Abs(x), Math.Abs(y)) - SquareHalf * size;
            default:
                // The sloping sides meet at the apex: their normal is (height, half width).
                double length = Math.Sqrt((Base - Apex) * (Base - Apex) + BaseHalf * BaseHalf);
                double side = (Math.Abs(x) * (Base - Apex) - (y - Apex * size) * BaseHalf) / length;
                return Math.Max(side, y - Base * size);
        }
    }

    /// <summary>What of a pixel is inside: from 1 to 0 over the width of a pixel at the outline.</summary>
    public static double Coverage(ShapeKind kind, double x, double y, double size) =>
        // Most pixels are far from everything.
        Math.Abs(x) > size + 1 || Math.Abs(y) > size + 1 ? 0 : Math.Clamp(0.5 - Distance(kind, x, y, size), 0, 1);
}
