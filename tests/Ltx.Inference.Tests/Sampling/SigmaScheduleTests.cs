using Ltx.Inference.Sampling;

namespace Ltx.Inference.Tests.Sampling;

[Fast]
public class SigmaScheduleTests
{
    // The endpoint's fewest, default and most steps; a clip of one cell, an ordinary one, and the largest: 481 frames of 1920x1088.
    public static MatrixTheoryData<int, int> StepsAndTokens => new([2, 8, 15, 30], [1, 96, 1024, 4096, 61 * 17 * 30]);

    [Theory]
    [MemberData(nameof(StepsAndTokens))]
    public void Levels_fall_from_about_one_to_a_tenth_and_then_to_zero(int steps, int tokens)
    {
        IReadOnlyList<float> sigmas = SigmaSchedule.Ltx2(steps, tokens);
        Assert.Equal(steps + 1, sigmas.Count);
        // Not quite one for long clips: float32 has few digits left beside so strong a shift, and the reference computes in it too.
        Assert.InRange(sigmas[0], 0.99f, 1);
        Assert.Equal(0.1, sigmas[^2], 1e-6);
        Assert.Equal(0, sigmas[^1]);
        for (int i = 1; i < sigmas.Count; i++) Assert.True(sigmas[i] < sigmas[i - 1], $"step {i}: {sigmas[i - 1]} to {sigmas[i]}");
    }

    [Fact]
    public void A_single_step_goes_from_one_to_zero() => Assert.Equal([1, 0], SigmaSchedule.Ltx2(1, 1000));

    [Fact]
    public void More_tokens_stay_longer_in_the_noise()
    {
        IReadOnlyList<float> few = SigmaSchedule.Ltx2(8, 1024), many = SigmaSchedule.Ltx2(8, 4096);
        for (int i = 1; i < 7; i++) Assert.True(many[i] > few[i]);
    }

    [Theory]
    [InlineData(1e-12)]
    [InlineData(1e-4)]
    [InlineData(0.5)]
    [InlineData(7)]
    public void Step_weights_sum_to_what_an_exponential_step_takes(double h)
    {
        Res2sCoefficients weights = Res2sCoefficients.For(h);
        // Both evaluations together are phi1(-h), the way to the middle half of phi1(-h / 2).
        Assert.Equal(Phi1(h), weights.First + weights.Second, 1e-7);
        Assert.Equal(Phi1(h / 2) / 2, weights.Middle, 1e-7);
    }

    // (1 - e^-h) / h, by its series where the quotient is rounding error
    private static double Phi1(double h) => h < 1e-3 ? 1 - h / 2 + h * h / 6 : (1 - Math.Exp(-h)) / h;
}
