namespace Ltx.World.Scenes;

/// <summary>What stands under a mask.</summary>
internal sealed record Subject(NamedColour Colour, ShapeKind Shape)
{
    // Of the shorter side of the rectangle it stands in.
    private const double Share = 0.36;

    /// <summary>How large it is.</summary>
    public static double SizeIn(Box box) => Share * Math.Min(box.Right - box.Left, box.Bottom - box.Top);

    public string Name => $"{Colour.Name} {Scenes.Shape.NameOf(Shape)}";

    public static Subject Draw(WorldRandom random) => new(random.OneOf(Palette.Known), random.OneOf(Scenes.Shape.All));
}
