namespace Ltx.World.Scenes;

/// <summary>What stands under a mask.</summary>
/// <param name="Share">its size, of the shorter side of the rectangle that it stands in</param>
internal sealed record Subject(NamedColour Colour, ShapeKind Shape, double Share = Subject.Known)
{
    /// <summary>The share of all that the miniature knows.</summary>
    public const double Known = 0.36;

    /// <summary>That of a square which reaches across the rectangle.</summary>
    public const double Across = 0.56;

    /// <summary>How large it is.</summary>
    public double SizeIn(Box box) => Share * Math.Min(box.Right - box.Left, box.Bottom - box.Top);

    public string Name => $"{Colour.Name} {Scenes.Shape.NameOf(Shape)}";

    public static Subject Draw(WorldRandom random) => new(random.OneOf(Palette.Known), random.OneOf(Scenes.Shape.All));
}
