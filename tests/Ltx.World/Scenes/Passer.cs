namespace Ltx.World.Scenes;

/// <summary>A small shape that passes by.</summary>
/// <param name="X">of its middle at the clip's beginning</param>
/// <param name="VelocityX">pixels a second</param>
internal sealed record Passer(ShapeKind Shape, NamedColour Colour, double Size, double X, double Y, double VelocityX, double VelocityY)
{
    public double Coverage(double x, double y, double seconds) =>
        Scenes.Shape.Coverage(Shape, x - (X + VelocityX * seconds), y - (Y + VelocityY * seconds), Size);

    /// <summary>Whether it comes near a rectangle: what is under a mask must follow from what is around it.</summary>
    public bool Meets(MovingBox box)
    {
        const double Distance = 4;
        return Enumerable.Range(0, Scene.Frames).Select(Scene.Time).Any(seconds =>
        {
            (double x, double y, double near) = (X + VelocityX * seconds, Y + VelocityY * seconds, Size + Distance);
            Box at = box.At(seconds);
            return x + near > at.Left && x - near < at.Right && y + near > at.Top && y - near < at.Bottom;
        });
    }

    public static Passer Draw(WorldRandom random) => new(
        random.OneOf(Scenes.Shape.All), random.OneOf(Palette.Known), random.Between(12, 32),
        random.Between(0, Scene.Width), random.Between(0, Scene.Height), random.Between(-100, 100), random.Between(-60, 60));
}
