namespace Ltx.Training.Sampling;

/// <summary>Draws the noise level of a step. Source: ltx_trainer/timestep_samplers.py (400fd31).</summary>
internal static class SigmaSampler
{
    // Of the stretched logit-normal distribution: its ends are the standard normal's 0.5th and 99.9th percentile.
    private const double LowPercentile = -2.5758, HighPercentile = 3.0902;

    // Below it, levels are mirrored; and the least that an even draw gives.
    private const double Least = 1e-3;

    // How often the level is drawn evenly, so that low ones do not die out in long clips.
    private const double UniformShare = 0.1;

    private const double FewTokens = 1024, ManyTokens = 4096, LeastShift = 0.95, MostShift = 2.05;

    /// <param name="tokens">of the clip that is generated, without a reference's</param>
    /// <returns>from 0 to 1, as float32 has it</returns>
    public static float Draw(SigmaDistribution distribution, int tokens, IStepDraws draws)
    {
        if (distribution == SigmaDistribution.Uniform) return (float)draws.Uniform();
        double shift = LeastShift + (tokens - FewTokens) * (MostShift - LeastShift) / (ManyTokens - FewTokens);
        double low = Sigmoid(shift + LowPercentile), high = Sigmoid(shift + HighPercentile);
        double stretched = (Sigmoid(draws.Normal() + shift) - low) / (high - low);
        if (stretched < Least) stretched = 2 * Least - stretched;
        double even = (1 - Least) * draws.Uniform() + Least;
        return (float)(draws.Uniform() > UniformShare ? Math.Clamp(stretched, 0, 1) : even);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
