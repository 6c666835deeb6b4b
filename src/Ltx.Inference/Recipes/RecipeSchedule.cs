using Ltx.Inference.Sampling;
using static Ltx.Inference.Recipes.Recipe;

namespace Ltx.Inference.Recipes;

public enum ScheduleKind
{
    /// <summary>The reference's scheduler, by steps and tokens.</summary>
    Ltx2,

    /// <summary>The levels that are listed, whatever steps a request asks for.</summary>
    Listed,

    /// <summary>The listed levels as a curve over their index, read at as many places as the request has steps.</summary>
    Resampled,
}

/// <summary>Noise levels of a stage.</summary>
/// <param name="Kind">from what they follow</param>
/// <param name="Sigmas">falling to 0; none for the reference's scheduler</param>
public sealed record RecipeSchedule(ScheduleKind Kind, IReadOnlyList<float>? Sigmas = null)
{
    internal bool StartsBelowOne => Sigmas is [< 1, ..];

    /// <summary>Steps that are walked.</summary>
    /// <param name="requested">by the request</param>
    public int Steps(int requested) => Kind == ScheduleKind.Listed ? Sigmas!.Count - 1 : requested;

    /// <summary>The levels.</summary>
    /// <param name="requested">steps of the request</param>
    /// <param name="tokens">cells of the stage's latent, references aside</param>
    public IReadOnlyList<float> Levels(int requested, int tokens) => Kind switch
    {
        ScheduleKind.Ltx2 => SigmaSchedule.Ltx2(requested, tokens),
        ScheduleKind.Listed => Sigmas!,
        _ => SigmaSchedule.Resample(Sigmas!, requested),
    };

    internal void Check(string name)
    {
        Require(Kind == ScheduleKind.Ltx2 == Sigmas is null, $"{name}.schedule: sigmas belong to listed and resampled ones");
        if (Sigmas is null) return;
        Require(Sigmas.Count >= 2 && Sigmas[0] is > 0 and <= 1 && Sigmas[^1] == 0, $"{name}.schedule.sigmas must go from at most 1 to 0");
        Require(Sigmas.Zip(Sigmas.Skip(1)).All(pair => pair.First > pair.Second), $"{name}.schedule.sigmas must fall");
    }
}
