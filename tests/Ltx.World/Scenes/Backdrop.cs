namespace Ltx.World.Scenes;

/// <summary>Two colours, blended by a slow wave and a faint second one.</summary>
internal sealed record Backdrop(Rgb Dark, Rgb Light, Wave Wave, Wave Ripple)
{
    public Rgb At(double x, double y, double seconds) => Dark.Towards(Light, 0.5 + 0.4 * Wave.At(x, y, seconds) + 0.1 * Ripple.At(x, y, seconds));

    public static Backdrop Draw(WorldRandom random)
    {
        Rgb Colour() => new(Math.Floor(random.Between(15, 240)), Math.Floor(random.Between(15, 240)), Math.Floor(random.Between(15, 240)));
        // A wave is from 200 to 500 pixels long, and takes five seconds or more to pass.
        Wave Drifting(double most)
        {
            double Slope() => random.Between(-most, most);
            return new Wave(Slope(), Slope(), random.Between(-0.2, 0.2), random.Between(0, 1));
        }
        return new Backdrop(Colour(), Colour(), Drifting(0.0035), Drifting(0.005));
    }
}
