namespace Ltx.Server.Tests.Playground;

/// <summary>Drawings as their JSON has them.</summary>
internal static class Drawings
{
    /// <summary>A rotated ellipse, a concave polygon, two brush strokes, an erasure, inversion and moving keys, for a frame of about 100x70 pixels and 0.5 s.</summary>
    public static object Everything() => new
    {
        invert = true,
        shapes = new object[]
        {
            new
            {
                id = "ellipse", type = "ellipse",
                keys = new object[] { new { time = 0.0, x = 30.0, y = 25.0, rx = 22.5, ry = 8.0, cos = 0.6, sin = 0.8 }, new { time = 0.5, x = 62.25, y = 31.0, rx = 12.0, ry = 16.0, cos = -0.28, sin = 0.96 } },
            },
            new
            {
                id = "polygon", type = "polygon",
                keys = new object[]
                {
                    new { time = 0.0, points = new[] { new[] { 50.0, 5.0 }, [95.0, 10.5], [70.0, 30.0], [93.0, 60.0], [52.0, 44.0] } },
                    new { time = 0.3, points = new[] { new[] { 45.0, 8.0 }, [90.0, 4.5], [66.0, 33.0], [88.0, 63.0], [47.0, 40.0] } },
                },
            },
            new { id = "first", type = "brush", keys = new object[] { new { time = 0.0, radius = 4.5, points = new[] { new[] { 8.0, 60.0 }, [30.0, 52.0], [41.0, 58.0] } } } },
            new { id = "second", type = "brush", from = 0.1, to = 0.4, keys = new object[] { new { time = 0.0, radius = 3.0, points = new[] { new[] { 5.0, 5.0 }, [25.0, 8.0] } } } },
            new { id = "eraser", type = "brush", erase = true, keys = new object[] { new { time = 0.0, radius = 6.0, points = new[] { new[] { 60.0, 20.0 }, [70.0, 40.0] } } } },
        },
    };

    public static object Rectangle(double x = 50, double y = 30, double rx = 10, double ry = 8) =>
        new { shapes = new object[] { new { type = "rect", keys = new object[] { new { time = 0, x, y, rx, ry, cos = 1, sin = 0 } } } } };
}
