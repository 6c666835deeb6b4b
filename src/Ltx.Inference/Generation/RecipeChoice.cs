using Ltx.Inference.Generation.Memory;
using Ltx.Inference.Lora;
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

    /// <summary>The one that is named, without overrides.</summary>
    public Recipe Named { get; }

    internal int? ModelShortSide { get; }

    /// <summary>Recipe and overrides, for a person.</summary>
    public string Sentence => $"Recipe {Named.Name}" + (options.Overrides.Length == 0 ? "." : $", with {options.Overrides}.") + (KnowsGuide(Named, []) || Named.Guide != GuideUse.WhereKnown
        ? "" : " No in/outpainting adapter is installed, so the green guide is given only with LoRAs that were trained with a reference; otherwise preserved cells are given as clean latents.");

    /// <summary>A size of request with what the usual one gets: no guidance and no LoRA.</summary>
    public RequestShape Usual(RequestShape shape) => shape with
    {
        Recipe = For(new InpaintRequest("", [], [], shape.Width, shape.Height, shape.FramesPerSecond), []),
        WorkingPixels = options.WorkingPixels,
        ModelShortSide = ModelShortSide,
    };

    /// <summary>The recipe for a request.</summary>
    /// <param name="request">whose guidance and steps it is for</param>
    /// <param name="loras">the user's, each with how it was trained</param>
    /// <param name="notes">told what was assumed, and what of the request is not used</param>
    internal Recipe For(InpaintRequest request, IReadOnlyList<LoraFile> loras, Action<string>? notes = null)
    {
        List<LoraKind> kinds = [.. loras.Select(lora => options.LoraKind ?? lora.Kind)];
        (bool anyMask, bool anyReference) = (kinds.Contains(LoraKind.Mask), kinds.Contains(LoraKind.Reference));
        Recipe recipe = Named;
        bool besides = false, instead = false;
        if (forMaskTrained is not null && anyMask)
        {
            if (anyReference) besides = true;
            else recipe = forMaskTrained;
        }
        if (recipe.Guide == GuideUse.WhereKnown && !KnowsGuide(recipe, kinds))
        {
            recipe = forMaskTrained ?? recipe;
            instead = true;
        }
        Recipe chosen = recipe.For(request.GuidanceScale);
        if (besides || instead && recipe.Guide == GuideUse.WhereKnown) chosen = chosen.WithCleanLatents(keepGuide: besides);
        if (notes is not null) Tell(request, loras, kinds, chosen, besides, instead, notes);
        return options.Over(chosen);
    }

    private bool KnowsGuide(Recipe recipe, IReadOnlyList<LoraKind> kinds) => modelKnowsGuide || hasAdapter && recipe.Stage1.Adapter != 0 || kinds.Contains(LoraKind.Reference);

    private void Tell(InpaintRequest request, IReadOnlyList<LoraFile> loras, List<LoraKind> kinds, Recipe recipe, bool besides, bool instead, Action<string> notes)
    {
        notes($"Recipe {recipe.Name}" + (options.Overrides.Length == 0 ? "." : $", with {options.Overrides}."));
        if (forMaskTrained is not null)
        {
            foreach ((LoraFile lora, LoraKind kind) in loras.Zip(kinds))
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
        if (besides) notes("The LoRAs were trained in both ways, so the model is given the guide and clean latents.");
        if (instead) notes("Neither an in/outpainting adapter nor a LoRA knows the green guide, so none is given; preserved cells are given as clean latents.");
        if (recipe.Stage1.Schedule.Steps(request.Steps) is var steps && steps != request.Steps) notes($"The recipe has {steps} steps of its own; the {request.Steps} that were asked for are not used.");
        if (request.GuidanceScale > 1 && recipe.Stage1.Parameters(request.GuidanceScale) == recipe.Stage1.Parameters(request.GuidanceScale + 1)) notes("The recipe has a guidance of its own; the one that was asked for is not used.");
    }
}
