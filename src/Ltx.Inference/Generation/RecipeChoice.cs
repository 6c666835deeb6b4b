using Ltx.Inference.Lora;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Generation;

/// <summary>Which recipe a pipeline's requests get: the one that is named, or what it names for LoRAs of another kind, with the operator's options over it.</summary>
public sealed class RecipeChoice
{
    private readonly InpaintOptions options;
    private readonly bool modelKnowsGuide, hasAdapter;
    private readonly Recipe? forMaskTrained;

    /// <param name="folder">the model, which may name one</param>
    /// <param name="options">which may name another, and override it</param>
    /// <exception cref="RecipeException">There is none of that name, or it is not sound.</exception>
    public RecipeChoice(ModelFolder folder, InpaintOptions options)
    {
        this.options = options;
        (modelKnowsGuide, hasAdapter, ModelShortSide) = (folder.KnowsGuide, folder.InpaintAdapter is not null, folder.ShortSide);
        string name = options.Recipe ?? folder.Recipe ?? RecipeBook.Default;
        Named = RecipeBook.Open(name, options.RecipeFolder);
        // A file of the model's own has the model's name.
        if (options.Recipe is null && folder.Recipe is { } own && Path.IsPathRooted(own)) Named = Named with { Name = $"{Path.GetFileName(folder.Path)}/{Path.GetFileName(own)}" };
        forMaskTrained = Named.CleanLatents.Recipe is { } other ? RecipeBook.Open(other, options.RecipeFolder) : null;
    }

    /// <summary>The same for a model that is only described: the published one, with its in/outpainting adapter.</summary>
    public static RecipeChoice ForDescribed(InpaintOptions options) =>
        new(new ModelFolder("", "", "", null, InpaintAdapter: "described", "", PromptExpansion: true), options);

    /// <summary>The one that is named, without overrides.</summary>
    public Recipe Named { get; }

    internal int? ModelShortSide { get; }

    /// <summary>Recipe and overrides, for a person.</summary>
    public string Sentence => $"Recipe {Named.Name}" + (options.Overrides.Length == 0 ? "." : $", with {options.Overrides}.") + (KnowsGuide(Named, []) || Named.Guide != GuideUse.WhereKnown
        ? "" : " No in/outpainting adapter is installed, so the green guide is given only with LoRAs that were trained with a reference; otherwise preserved cells are given as clean latents.");

    /// <summary>A size of request with what the usual one gets: no guidance and no LoRA.</summary>
    public RequestShape Usual(RequestShape shape) => shape with
    {
        Recipe = For(new GenerationParameters("") { Steps = 1 }, []),
        WorkingPixels = options.WorkingPixels,
        ModelShortSide = ModelShortSide,
    };

    /// <summary>What a plan has to know of a request.</summary>
    /// <param name="recipe">which was chosen for it</param>
    internal RequestShape Shape(InpaintRequest request, LoraSet loras, Recipe recipe) => new(request.Frames.Count, request.Height, request.Width)
    {
        IsRgb = request.Yuv is null,
        FramesPerSecond = request.FramesPerSecond,
        ReferenceDownscale = loras.ReferenceDownscale,
        ReferenceTemporalScale = loras.ReferenceTemporalScale,
        Recipe = recipe,
        WorkingPixels = options.WorkingPixels,
        ModelShortSide = ModelShortSide,
    };

    /// <summary>The recipe for a request.</summary>
    /// <param name="asked">whose guidance and steps it is for</param>
    /// <param name="loras">the user's, which say how they were trained, and the stages that each is used in</param>
    /// <param name="notes">told what was assumed, and what of the request is not used</param>
    internal Recipe For(GenerationParameters asked, IReadOnlyList<(LoraFile File, LoraStages Stages)> loras, Action<string>? notes = null)
    {
        List<LoraKind> kinds = [.. loras.Select(lora => options.LoraKind ?? lora.File.Kind)];
        // The guide is the first stage's: who is not there does not see it.
        List<LoraKind> first = [.. kinds.Zip(loras).Where(pair => pair.Second.Stages != LoraStages.Stage2).Select(pair => pair.First)];
        (bool anyMask, bool anyReference) = (kinds.Contains(LoraKind.Mask), first.Contains(LoraKind.Reference));
        Recipe recipe = Named;
        bool besides = false, instead = false;
        if (forMaskTrained is not null && anyMask)
        {
            if (anyReference) besides = true;
            else recipe = forMaskTrained;
        }
        if (recipe.Guide == GuideUse.WhereKnown && !KnowsGuide(recipe, first))
        {
            recipe = forMaskTrained ?? recipe;
            instead = true;
        }
        Recipe chosen = recipe.For(asked.GuidanceScale);
        if (besides || instead && recipe.Guide == GuideUse.WhereKnown) chosen = chosen.WithCleanLatents(keepGuide: besides);
        Recipe used = options.Over(chosen);
        if (notes is not null)
        {
            notes($"Recipe {chosen.Name}" + (options.Overrides.Length == 0 ? "." : $", with {options.Overrides}."));
            // Where nothing follows from how a LoRA was trained, nothing is said of it.
            if (forMaskTrained is not null || Named.Guide == GuideUse.WhereKnown && !KnowsGuide(Named, [])) TellKinds(loras, kinds, notes);
            if (besides) notes("The LoRAs were trained in both ways, so the model is given the guide and clean latents.");
            if (instead) notes("Neither an in/outpainting adapter nor a LoRA knows the green guide, so none is given; preserved cells are given as clean latents.");
            TellUnused(asked, used, notes);
        }
        return used;
    }

    private bool KnowsGuide(Recipe recipe, IReadOnlyList<LoraKind> kinds) => modelKnowsGuide || hasAdapter && recipe.Stage1.Adapter != 0 || kinds.Contains(LoraKind.Reference);

    private void TellKinds(IReadOnlyList<(LoraFile File, LoraStages Stages)> loras, List<LoraKind> kinds, Action<string> notes)
    {
        foreach (((LoraFile lora, _), LoraKind kind) in loras.Zip(kinds))
        {
            string trained = kind switch
            {
                LoraKind.Mask => "trained with clean latents and no guide",
                LoraKind.Reference => "trained with a reference",
                _ => "trained with neither guide nor clean latents",
            };
            notes($"LoRA {lora.Name} is taken for one that was {trained}: {(options.LoraKind is null ? lora.KindReason : "the operator says so")}.");
        }
    }

    // What the request asks for and the recipe does not heed, or what it does to pixels that were to stay.
    private static void TellUnused(GenerationParameters asked, Recipe recipe, Action<string> notes)
    {
        if (recipe.Stage1.Schedule.Steps(asked.Steps) is var steps && steps != asked.Steps) notes($"The recipe has {steps} steps of its own; the {asked.Steps} that were asked for are not used.");
        if (asked.GuidanceScale > 1 && recipe.Stage1.Parameters(asked.GuidanceScale) == recipe.Stage1.Parameters(asked.GuidanceScale + 1)) notes("The recipe has a guidance of its own; the one that was asked for is not used.");
        if (asked.VideoStrength != 1 && !recipe.Guides(recipe.Stage1) && !recipe.Guides(recipe.Stage2)) notes("video_strength is how strongly the guide holds, and no guide is given; it is not used.");
        if (recipe.Composite.Kind == CompositeMode.None) notes("The recipe puts nothing of the source back: pixels beyond the mask are generated, too.");
        if (recipe.Composite.Kind == CompositeMode.Pyramid) notes("The recipe blends softly far beyond the mask: pixels there are computed anew, near the source's and not equal to them.");
    }
}
