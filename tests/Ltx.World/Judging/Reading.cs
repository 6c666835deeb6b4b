using Ltx.World.Scenes;

namespace Ltx.World.Judging;

/// <summary>What stands under a clip's mask, read off its pixels.</summary>
/// <param name="Colour">mean of what stands there; null for nothing</param>
/// <param name="Shape">null for none of the three</param>
/// <param name="Likeness">how much of the outline is that shape's, from 0 to 1</param>
/// <param name="Stain">share of the mask that is not as it is with nothing there</param>
internal sealed record Reading(Rgb? Colour, ShapeKind? Shape, double Likeness, double Stain)
{
    /// <summary>From here on something has a shape: a disc has 0.9 of a square's outline at most, and 0.8 of a triangle's.</summary>
    public const double LeastLikeness = 0.85;

    /// <summary>From here on something stands there; the smallest subjects take 14 % of their mask.</summary>
    public const double LeastStain = 0.03;

    // Every so many frames one is looked at.
    private const int Stride = 6;

    /// <summary>The word of the known colour that is nearest; null for nothing.</summary>
    public string? ColourName => Colour is { } colour ? Palette.Nearest(colour).Name : null;

    /// <param name="frame">RGB24, by its number</param>
    /// <param name="scene">whose backdrop is known</param>
    public static Reading Of(Func<int, byte[]> frame, Scene scene)
    {
        List<Rgb> colours = [];
        Dictionary<ShapeKind, double> likeness = Scenes.Shape.All.ToDictionary(shape => shape, _ => 0.0);
        double stain = 0;
        int looked = 0;
        for (int i = 0; i < Scene.Frames; i += Stride, looked++)
        {
            Box box = scene.Mask.At(Scene.Time(i));
            (byte[] made, byte[] empty) = (frame(i), scene.Empty(i));
            stain += Blob.Different(made, empty, box).Count(different => different) / ((box.Right - box.Left) * (box.Bottom - box.Top));
            if (Blob.Find(made, empty, box) is not { } blob) continue;
            colours.Add(blob.Colour);
            foreach (ShapeKind shape in Scenes.Shape.All) likeness[shape] += Overlap(blob, shape);
        }
        stain /= looked;
        if (stain < LeastStain || colours.Count < looked) return new Reading(null, null, 0, stain);
        (ShapeKind best, double sum) = likeness.MaxBy(pair => pair.Value);
        Rgb mean = new(colours.Average(colour => colour.Red), colours.Average(colour => colour.Green), colours.Average(colour => colour.Blue));
        return new Reading(mean, sum / looked >= LeastLikeness ? best : null, sum / looked, stain);
    }

    /// <summary>Whether that is what was wanted.</summary>
    public bool Obeys(Subject? wanted) => wanted is null ? Colour is null : ColourName == wanted.Colour.Name && Shape == wanted.Shape;

    public override string ToString() => Colour is { } colour
        ? FormattableString.Invariant($"{ColourName} {(Shape is { } shape ? Scenes.Shape.NameOf(shape) : "smudge")} {colour}, outline {Likeness:F2}, {Stain:P0}")
        : FormattableString.Invariant($"nothing, {Stain:P1}");

    private static readonly Dictionary<ShapeKind, (double Area, double Offset)> Units = Scenes.Shape.All.ToDictionary(shape => shape, UnitOf);

    // Of the shape with the blob's middle and area: what both have, of what either has.
    private static double Overlap(Blob blob, ShapeKind shape)
    {
        (double area, double offset) = Units[shape];
        double size = Math.Sqrt(blob.Pixels.Count / area), x = blob.CentreX, y = blob.CentreY - offset * size;
        int both = blob.Pixels.Count(pixel => Scenes.Shape.Distance(shape, pixel.X + 0.5 - x, pixel.Y + 0.5 - y, size) < 0);
        return both / (2.0 * blob.Pixels.Count - both);
    }

    // Area, and how far below its origin the middle of the area is, for the size 1.
    private static (double Area, double Offset) UnitOf(ShapeKind shape)
    {
        const int Fine = 200;
        (int count, double sum) = (0, 0);
        for (int y = -Fine; y < Fine; y++)
        {
            for (int x = -Fine; x < Fine; x++)
            {
                if (Scenes.Shape.Distance(shape, (x + 0.5) / Fine, (y + 0.5) / Fine, 1) >= 0) continue;
                count++;
                sum += (y + 0.5) / Fine;
            }
        }
        return (count / (double)(Fine * Fine), sum / count);
    }
}
