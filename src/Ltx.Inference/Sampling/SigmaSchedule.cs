using static TorchSharp.torch;

namespace Ltx.Inference.Sampling;

/// <summary>Noise levels of a run, from the first to 0, each exact in float32.</summary>
public static class SigmaSchedule
{
    /// <summary>Levels read as a curve over their index, straight between them, at as many places as there are steps.</summary>
    /// <param name="levels">as many steps as the curve was made for, and one more</param>
    /// <param name="steps">number of steps, one or more</param>
    /// <returns>steps + 1 levels; the same ones where there are as many steps as they have</returns>
    public static IReadOnlyList<float> Resample(IReadOnlyList<float> levels, int steps) => [.. Enumerable.Range(0, steps + 1).Select(i =>
    {
        (int whole, int rest) = Math.DivRem(i * (levels.Count - 1), steps);
        return rest == 0 ? levels[whole] : (float)double.Lerp(levels[whole], levels[whole + 1], (double)rest / steps);
    })];

    /// <summary>
    /// Even steps, shifted towards noise the more tokens there are, and stretched so that the last level before 0 is 0.1.
    /// Source: ltx_core/components/schedulers.py, LTX2Scheduler (400fd31).
    /// </summary>
    /// <param name="steps">number of steps, one or more</param>
    /// <param name="tokens">cells of the target's latent; references do not count</param>
    /// <returns>steps + 1 levels</returns>
    public static IReadOnlyList<float> Ltx2(int steps, int tokens)
    {
        // The shift is linear in the number of tokens through these two points, and not clamped beyond them.
        const double FewTokens = 1024, ManyTokens = 4096, FewShift = 0.95, ManyShift = 2.05, Terminal = 0.1;
        double slope = (ManyShift - FewShift) / (ManyTokens - FewTokens);
        double shift = Math.Exp(tokens * slope + (FewShift - slope * FewTokens));
        using var scope = NewDisposeScope();
        Tensor even = linspace(1, 0, steps + 1, dtype: ScalarType.Float32).narrow(0, 0, steps);
        Tensor done = 1 - (float)shift / ((float)shift + (1 / even - 1));
        Tensor stretched = 1 - done / (done[-1] / (1 - Terminal));
        // One step has nothing to stretch: its only level is 1 already.
        return [.. (steps == 1 ? even : stretched).data<float>(), 0];
    }
}
