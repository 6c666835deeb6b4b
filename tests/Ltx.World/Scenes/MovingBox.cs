namespace Ltx.World.Scenes;

/// <summary>A rectangle that moves evenly.</summary>
/// <param name="Left">at the clip's beginning, in pixels</param>
/// <param name="VelocityX">pixels a second</param>
internal sealed record MovingBox(double Left, double Top, double Width, double Height, double VelocityX, double VelocityY)
{
    /// <summary>Where it is in a frame.</summary>
    public Box At(double seconds)
    {
        (double left, double top) = (Left + VelocityX * seconds, Top + VelocityY * seconds);
        return new Box(left, top, left + Width, top + Height);
    }

    /// <summary>As large as the world's masks are, within the picture from beginning to end.</summary>
    /// <param name="top">of where it may be</param>
    public static MovingBox Draw(WorldRandom random, double top = 0)
    {
        (double width, double height) = (random.Between(0.45, 0.85) * Scene.Height, random.Between(0.40, 0.70) * Scene.Height);
        (double fromX, double toX) = Way(random, 0, Scene.Width - width);
        (double fromY, double toY) = Way(random, top, Scene.Height - height);
        return new MovingBox(fromX, fromY, width, height, (toX - fromX) / Scene.Seconds, (toY - fromY) / Scene.Seconds);
    }

    // From one place to another that is not far.
    private static (double From, double To) Way(WorldRandom random, double least, double most)
    {
        const double Farthest = 30;
        double from = random.Between(least, most);
        return (from, Math.Clamp(from + random.Between(-Farthest, Farthest), least, most));
    }
}

/// <summary>Where something is, in pixels.</summary>
internal sealed record Box(double Left, double Top, double Right, double Bottom)
{
    public double CentreX => (Left + Right) / 2;

    public double CentreY => (Top + Bottom) / 2;

    public bool Holds(double x, double y) => x >= Left && x < Right && y >= Top && y < Bottom;
}
