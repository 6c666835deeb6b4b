namespace Ltx.Inference.Sampling;

/// <summary>
/// Weights of the two evaluations of an exponential Runge-Kutta step of second order, with the second one at the middle.
/// Source: ltx_pipelines/utils/res2s.py (400fd31).
/// </summary>
/// <param name="Middle">of the first evaluation, for going to the middle</param>
/// <param name="First">of the first evaluation, for the whole step</param>
/// <param name="Second">of the second evaluation, for the whole step</param>
public readonly record struct Res2sCoefficients(double Middle, double First, double Second)
{
    private const double MiddlePosition = 0.5;

    /// <param name="h">size of the step: log(sigma / next sigma)</param>
    public static Res2sCoefficients For(double h)
    {
        double second = Phi2(-h) / MiddlePosition;
        return new Res2sCoefficients(MiddlePosition * Phi1(-h * MiddlePosition), Phi1(-h) - second, second);
    }

    // (e^z - 1) / z
    private static double Phi1(double z) => IsZero(z) ? 1 : (Math.Exp(z) - 1) / z;

    // (e^z - 1 - z) / z^2
    private static double Phi2(double z) => IsZero(z) ? 0.5 : (Math.Exp(z) - 1 - z) / (z * z);

    // Below this the quotients are all rounding error.
    private static bool IsZero(double z) => Math.Abs(z) < 1e-10;
}
