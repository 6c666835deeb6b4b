namespace Ltx.Inference.Recipes;

/// <summary>
/// All choices between a request and the numbers: strengths, samplers, schedules, guidance, conditions, sizes and seams. A recipe is data
/// (models/recipes/*.json, README.md there), so that no such constant stands anywhere else.
/// </summary>
public sealed record Recipe
{
    /// <summary>What the operator calls it; not part of the file.</summary>
    public string Name { get; init; } = "";

    /// <summary>One sentence for a person.</summary>
    public required string Description { get; init; }

    /// <summary>Where its numbers come from: publications by name and commit.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Where it leaves its sources, each with the reason.</summary>
    public IReadOnlyList<string> Departures { get; init; } = [];

    /// <summary>How large the clip is worked on.</summary>
    public required RecipeSize Size { get; init; }

    /// <summary>Whether a window of the frame is worked on alone.</summary>
    public RecipeCrop Crop { get; init; } = new(CropKind.None);

    /// <summary>What of the request's mask the model is given.</summary>
    public required RecipeMask Mask { get; init; }

    /// <summary>When the green guide is given at all.</summary>
    public required GuideUse Guide { get; init; }

    /// <summary>How preserved cells are given as clean latents where the guide cannot be, or cannot alone.</summary>
    public required CleanLatents CleanLatents { get; init; }

    /// <summary>Half size, from noise.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("stage_1")]
    public required RecipeStage Stage1 { get; init; }

    /// <summary>Between the stages.</summary>
    public required RecipeHandover Handover { get; init; }

    /// <summary>Full size, from the first stage's clip.</summary>
    [System.Text.Json.Serialization.JsonPropertyName("stage_2")]
    public required RecipeStage Stage2 { get; init; }

    /// <summary>How generated and source pixels are put together.</summary>
    public required RecipeComposite Composite { get; init; }

    /// <summary>What is done where a request's guidance is above 1; null where that is no other recipe.</summary>
    public Recipe? Guided { get; init; }

    /// <summary>The one for a request's guidance.</summary>
    public Recipe For(double guidance) => guidance > 1 && Guided is { } guided ? guided with { Name = $"{Name}, guided" } : this;

    /// <summary>Whether any stage looks at the negative prompt.</summary>
    /// <param name="guidance">the request's</param>
    public bool UsesNegativePrompt(double guidance) => Stage1.UsesNegativePrompt(guidance) || Stage2.UsesNegativePrompt(guidance);

    /// <summary>Whether a stage sees the guide.</summary>
    public bool Guides(RecipeStage stage) => stage.Guide && Guide != GuideUse.Never;

    /// <summary>The same with cells given clean in both stages, and perhaps without the guide.</summary>
    public Recipe WithCleanLatents(bool keepGuide) => this with
    {
        Guide = keepGuide ? Guide : GuideUse.Never,
        Stage1 = Stage1 with { LatentMask = Stage1.LatentMask ?? new RecipeLatentMask(CleanLatents.Grow) },
        Stage2 = Stage2 with { LatentMask = Stage2.LatentMask ?? new RecipeLatentMask(CleanLatents.Grow) },
    };

    /// <exception cref="RecipeException">A number is out of its range.</exception>
    internal void Check()
    {
        Size.Check();
        Crop.Check();
        bool keepsSource = Composite.Kind is CompositeMode.Blend or CompositeMode.Hard;
        Require(Crop.Kind == CropKind.None || keepsSource, "crop wants a composite that keeps the source around the mask: blend or hard");
        Mask.Check();
        Require(CleanLatents.Grow >= 0, "clean_latents.grow is negative");
        Stage1.Check("stage_1");
        Stage2.Check("stage_2");
        Require(!Stage1.Schedule.StartsBelowOne, "stage_1 starts from noise, so its first sigma must be 1");
        Require(Handover.LowResDilation >= 0, "handover.low_res_dilation is negative");
        Composite.Check();
        Guided?.Check();
        Require(Guided?.Guided is null, "guided has a guided recipe of its own");
    }

    internal static void Require(bool condition, string what)
    {
        if (!condition) throw new RecipeException(what);
    }
}
