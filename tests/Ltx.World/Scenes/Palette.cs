namespace Ltx.World.Scenes;

/// <summary>A colour and the word for it.</summary>
internal sealed record NamedColour(string Name, Rgb Rgb);

/// <summary>The colours that subjects have.</summary>
internal static class Palette
{
    /// <summary>Those that the miniature knows.</summary>
    public static IReadOnlyList<NamedColour> Known { get; } =
    [
        new("red", new Rgb(217, 25, 25)),
        new("green", new Rgb(25, 178, 51)),
        new("blue", new Rgb(38, 64, 230)),
        new("yellow", new Rgb(242, 217, 25)),
        new("white", new Rgb(242, 242, 242)),
        new("black", new Rgb(13, 13, 13)),
        new("orange", new Rgb(242, 128, 25)),
        new("purple", new Rgb(140, 38, 191)),
    ];

    /// <summary>One that no subject had while the miniature was trained, as far from every known one as a colour can easily be.</summary>
    public static NamedColour Pink { get; } = new("pink", new Rgb(250, 120, 180));

    /// <summary>The known colour that is least far from another one.</summary>
    public static NamedColour Nearest(Rgb colour) => Known.MinBy(known => known.Rgb.DistanceTo(colour))!;
}
