using Ltx.Inference.Sampling;
using static Ltx.Inference.Recipes.Recipe;

namespace Ltx.Inference.Recipes;

public enum SamplerKind
{
    /// <summary>Second order, two evaluations a step.</summary>
    Res2s,

    /// <summary>First order.</summary>
    Euler,

    /// <summary>First order along the negative prompt's direction (CFG++); with <c>eta</c> above 0 its ancestral form.</summary>
    EulerCfgPp,
}

/// <summary>How a stage walks from level to level.</summary>
/// <param name="Kind">which way</param>
/// <param name="Eta">share of fresh noise; Euler has none</param>
/// <param name="PerTokenLevels">whether fresh noise follows each token's own level (the reference's legacy_mode off), or the target's</param>
/// <param name="StepSeed">added to the stage's seed for fresh noise; ancestral Euler only, res_2s has the reference's fixed seeds</param>
public sealed record RecipeSampler(SamplerKind Kind, double Eta = 0, bool PerTokenLevels = false, int StepSeed = 0)
{
    /// <summary>The sampler itself.</summary>
    /// <param name="stageSeed">what the stage's own noise is seeded with</param>
    public ISampler Create(long stageSeed) => Kind switch
    {
        SamplerKind.Res2s => new Res2sSampler(Eta, PerTokenLevels: PerTokenLevels),
        SamplerKind.Euler => new EulerSampler(),
        _ => new EulerCfgPpSampler(Eta, stageSeed + StepSeed, PerTokenLevels),
    };

    internal void Check(string name)
    {
        Require(Eta is >= 0 and <= 1, $"{name}.sampler.eta is {Eta} and must be between 0 and 1");
        Require(Kind != SamplerKind.Euler || Eta == 0, $"{name}.sampler: euler has no eta");
        Require(Kind != SamplerKind.Euler || !PerTokenLevels, $"{name}.sampler: euler steps from any level to its own share of the next");
    }
}
