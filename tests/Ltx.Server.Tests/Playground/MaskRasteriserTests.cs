using Ltx.Server.Playground;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Playground;

/// <summary>The rasteriser's boxes, rows and reuse against the rule itself.</summary>
[Fast]
public class MaskRasteriserTests
{
    private const int Width = 57, Height = 41;

    private static readonly double[] Times = [-1, 0, 0.1, 0.25, 0.5, 0.5000001, 0.9, 1, 1.7];

    [Fact]
    public void Every_pixel_of_every_frame_is_the_rules()
    {
        Random random = new(20260701);
        for (int drawing = 0; drawing < (LongForm.IsOn ? 300 : 100); drawing++)
        {
            AssertSame(Drawing(random), $"drawing {drawing}");
        }
    }

    [Theory]
    [InlineData(0.5, 0.5, 0.5, 0.5)] // one pixel's centre
    [InlineData(28.5, 20.5, 1e-200, 1e-200)] // so small that the rule's products are 0, and by it every centre is inside
    [InlineData(28.5, 20.5, 1e6, 1e-9)]
    [InlineData(-1e6, 3, 1e6, 2)]
    [InlineData(1e6, 1e6, 1e6, 1e6)]
    public void Extreme_numbers_are_the_rules_too(double x, double y, double rx, double ry)
    {
        foreach (MarkKind kind in new[] { MarkKind.Rect, MarkKind.Ellipse })
        {
            foreach ((double cos, double sin) in new[] { (1.0, 0.0), (0.6, 0.8), (1e6, -1e6), (1e-200, 1e-200), (3e-9, 4e-9) })
            {
                AssertSame(new Marks(false, [new(kind, false, double.NegativeInfinity, double.PositiveInfinity, [new(0, [x, y, rx, ry, cos, sin])])]), $"{kind} {cos} {sin}");
            }
        }
        AssertSame(new Marks(false, [new(MarkKind.Brush, false, double.NegativeInfinity, double.PositiveInfinity, [new(0, [rx, x, y, x + 1e-190, y, x, y + 30, -x, y])])]), "brush");
        AssertSame(new Marks(true, [new(MarkKind.Polygon, false, double.NegativeInfinity, double.PositiveInfinity, [new(0, [x, y, x + rx, y, x, y + ry, 5, 5])])]), "polygon");
    }

    [Fact]
    public void Opposite_directions_meet_in_the_former_ones()
    {
        MarkShape turned = new(MarkKind.Rect, false, double.NegativeInfinity, double.PositiveInfinity,
            [new(0, [20, 20, 12, 3, 0.6, 0.8]), new(1, [20, 20, 12, 3, -0.6, -0.8])]);
        AssertSame(new Marks(false, [turned]), "turned");
    }

    [Fact]
    public void Drawing_ends_when_it_is_cancelled()
    {
        MaskRasteriser rasteriser = new(Width, Height, Drawing(new Random(1)));
        Assert.Throws<OperationCanceledException>(() => rasteriser.Draw(0.5, new CancellationToken(canceled: true)));
    }

    private static void AssertSame(Marks marks, string what)
    {
        MaskRasteriser rasteriser = new(Width, Height, marks);
        foreach (double time in Times)
        {
            byte[] expected = MarksRule.Frame(Width, Height, marks, time);
            byte[] drawn = rasteriser.Draw(time, TestContext.Current.CancellationToken).ToArray();
            int wrong = Enumerable.Range(0, expected.Length).Count(i => expected[i] != drawn[i]);
            Assert.True(wrong == 0, $"{what} at {time}: {wrong} pixels differ.");
        }
    }

    internal static Marks Drawing(Random random) => new(random.Next(4) == 0, [.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => Shape(random))]);

    private static MarkShape Shape(Random random)
    {
        MarkKind kind = (MarkKind)random.Next(4);
        int points = random.Next(3, 9), keys = random.Next(1, 4);
        return new MarkShape(
            kind,
            Erase: random.Next(3) == 0,
            From: random.Next(4) == 0 ? random.NextDouble() : double.NegativeInfinity,
            To: random.Next(4) == 0 ? 1 + random.NextDouble() : double.PositiveInfinity,
            [.. Enumerable.Range(0, keys).Select(k => new MarkKey(k * 0.5, [.. Numbers(random, kind, points)]))]);
    }

    /// <summary>Halves and wholes often, so that centres lie on edges.</summary>
    private static double At(Random random, int length) => random.Next(2) == 0 ? random.Next(-20, 2 * length + 20) / 2.0 : (random.NextDouble() * 1.4 - 0.2) * length;

    private static IEnumerable<double> Numbers(Random random, MarkKind kind, int points)
    {
        if (kind is MarkKind.Rect or MarkKind.Ellipse)
        {
            (double cos, double sin) = random.Next(4) switch { 0 => (1.0, 0.0), 1 => (0.0, 1.0), 2 => (-0.6, 0.8), _ => (random.NextDouble() - 0.5, random.NextDouble() + 0.001) };
            return [At(random, Width), At(random, Height), 0.5 + random.Next(40) / 2.0, 0.25 + random.NextDouble() * 20, cos, sin];
        }
        IEnumerable<double> line = Enumerable.Range(0, points).SelectMany(_ => new[] { At(random, Width), At(random, Height) });
        return kind == MarkKind.Brush ? line.Prepend(0.5 + random.Next(20) / 2.0) : line;
    }
}
