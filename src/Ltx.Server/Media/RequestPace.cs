using Ltx.Inference.Generation;
using Ltx.Inference.Measuring;
using Ltx.Inference.Planning;
using Ltx.Inference.Weights;

namespace Ltx.Server.Media;

/// <summary>How long requests take: their counted work, at the rate of those that were made before.</summary>
internal sealed class RequestPace(ModelFolder model, InpaintOptions options)
{
    /// <summary>What the newest request counts for beside all before it.</summary>
    private const double Newest = 0.5;

    private readonly Lazy<ModelArchitecture> architecture = new(() => ModelArchitecture.Of(model));
    private readonly RecipeChoice recipe = new(model, options);
    private readonly Lock gate = new();
    private double? rate;

    public void Learn(RequestShape shape, int steps, double guidance, TimeSpan took)
    {
        double newest = Work(shape, steps, guidance) / took.TotalSeconds;
        lock (gate) rate = rate is { } before ? ((1 - Newest) * before) + (Newest * newest) : newest;
    }

    /// <summary>Null before the first request.</summary>
    public double? Seconds(RequestShape shape, int steps, double guidance)
    {
        double? known;
        lock (gate) known = rate;
        return known is { } operations ? Work(shape, steps, guidance) / operations : null;
    }

    // Operations.
    private double Work(RequestShape shape, int steps, double guidance) =>
        RequestWork.Of(architecture.Value, recipe.Usual(shape), steps, guidance).Sum(stage => stage.Work.Total);
}
