namespace Ltx.World.Scenes;

/// <summary>
/// A sine wave that drifts over the picture. Its sine is made of additions and multiplications alone, which every machine rounds alike; those of
/// mathematical libraries differ in their last bits, and a byte of a picture with them.
/// </summary>
/// <param name="X">turns a pixel to the right</param>
/// <param name="Y">turns a pixel downwards</param>
/// <param name="Time">turns a second</param>
/// <param name="Phase">turns</param>
internal sealed record Wave(double X, double Y, double Time, double Phase)
{
    private const double HalfPi = 1.5707963267948966;

    /// <summary>From -1 to 1.</summary>
    public double At(double x, double y, double seconds) => Sine(X * x + Y * y + Time * seconds + Phase);

    private static double Sine(double turns)
    {
        // Into -1 to 1 quarter turns, in which a sine is odd: Taylor's series to the ninth power, right to 4e-6.
        double quarters = 4 * (turns - Math.Floor(turns));
        if (quarters > 3) quarters -= 4;
        else if (quarters > 1) quarters = 2 - quarters;
        double angle = quarters * HalfPi, square = angle * angle;
        return angle * (1 + square * (-1.0 / 6 + square * (1.0 / 120 + square * (-1.0 / 5040 + square * (1.0 / 362880)))));
    }
}
