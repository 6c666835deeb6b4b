namespace Ltx.World.Scenes;

/// <summary>A colour, from 0 to 255; not whole where it is a mean.</summary>
internal readonly record struct Rgb(double Red, double Green, double Blue)
{
    /// <summary>Straight through the cube of colours.</summary>
    public double DistanceTo(Rgb other) => Math.Sqrt(Square(Red - other.Red) + Square(Green - other.Green) + Square(Blue - other.Blue));

    /// <summary>This one for 0, the other one for 1.</summary>
    public Rgb Towards(Rgb other, double share) =>
        new(Red + (other.Red - Red) * share, Green + (other.Green - Green) * share, Blue + (other.Blue - Blue) * share);

    public override string ToString() => FormattableString.Invariant($"({Red:F0}, {Green:F0}, {Blue:F0})");

    private static double Square(double value) => value * value;
}
