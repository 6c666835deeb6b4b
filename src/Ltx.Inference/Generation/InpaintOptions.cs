using Ltx.Inference.Lora;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Generation;

/// <summary>Where the result's sound comes from.</summary>
public enum SoundSource
{
    /// <summary>The source's own sound is kept and listened to; where it has none, sound is generated.</summary>
    KeepSource,

    /// <summary>Sound is always generated.</summary>
    Generate,
}

/// <summary>What the operator decides about inpainting, not the request. What is null is the recipe's.</summary>
/// <param name="Recipe">name or file of the recipe; null for what the model folder names, or else the default</param>
/// <param name="RecipeFolder">where the operator's own recipes are; null for none</param>
/// <param name="MaskDilation">pixels at full size by which the mask is widened for the model, whatever that size is</param>
/// <param name="Feather">pixels around the unwidened mask in which generated and source pixels are blended, whatever size the result has</param>
/// <param name="LatentMask">whether preserved cells are given to the model as clean latents</param>
/// <param name="ReferenceInStage2">whether the second stage sees the guide too: twice its tokens</param>
/// <param name="Composite">how pixels are put together</param>
/// <param name="WorkingShortSide">pixels that a smaller source's shorter side is brought to; 0 for none</param>
/// <param name="WorkingPixels">of a frame, above which a clip is worked on smaller</param>
/// <param name="LoraKind">how users' LoRAs were trained, whatever their files say</param>
/// <param name="Sound">where the sound comes from</param>
/// <param name="Weights">in what form the transformer's weights are kept and multiplied</param>
/// <param name="Memory">bytes of the device that may be used, weights included; null for what is free when the model loads</param>
/// <param name="Pinned">whether the transformer's own weights stay in pinned host memory, for changing LoRAs</param>
/// <param name="PlannedFor">the size of request that the weights are placed for at first; null for 1920x1088 and 121 frames</param>
/// <param name="ShowFrame">whether the text model, which writes the prompt out, is shown the clip's first masked frame</param>
public sealed record InpaintOptions(
    string? Recipe = null, string? RecipeFolder = null, int? MaskDilation = null, int? Feather = null, bool? LatentMask = null, bool? ReferenceInStage2 = null, CompositeMode? Composite = null,
    int? WorkingShortSide = null, long WorkingPixels = InpaintOptions.MostPixels, LoraKind? LoraKind = null, SoundSource Sound = SoundSource.KeepSource,
    WeightFormat Weights = WeightFormat.Checkpoint, long? Memory = null, PinnedWeights Pinned = PinnedWeights.Auto, RequestShape? PlannedFor = null, bool ShowFrame = false)
{
    /// <summary>The largest frame that is worked on where nobody says otherwise.</summary>
    public const long MostPixels = SizeLimits.MostPixels;

    /// <summary>A recipe with what these options say instead.</summary>
    internal Recipe Over(Recipe recipe)
    {
        RecipeStage Stage(RecipeStage stage) => stage with
        {
            LatentMask = LatentMask switch
            {
                null => stage.LatentMask,
                true => stage.LatentMask ?? new RecipeLatentMask(recipe.CleanLatents.Grow),
                false => null,
            },
        };

        return recipe with
        {
            Size = WorkingShortSide is { } side ? recipe.Size with { ShortSide = side == 0 ? null : side } : recipe.Size,
            Mask = MaskDilation is { } pixels ? recipe.Mask with { Grow = new RecipeLength(pixels) } : recipe.Mask,
            Stage1 = Stage(recipe.Stage1),
            Stage2 = Stage(recipe.Stage2) with { Guide = ReferenceInStage2 ?? recipe.Stage2.Guide },
            Composite = recipe.Composite with { Kind = Composite ?? recipe.Composite.Kind, Feather = Feather is { } feather ? new RecipeLength(feather) : recipe.Composite.Feather },
        };
    }

    /// <summary>Which choices of a recipe these options replace, for a person; empty for none.</summary>
    public string Overrides
    {
        get
        {
            (string Name, object? Value)[] all =
            [
                (nameof(MaskDilation), MaskDilation), (nameof(Feather), Feather), (nameof(LatentMask), LatentMask), (nameof(ReferenceInStage2), ReferenceInStage2),
                (nameof(Composite), Composite), (nameof(WorkingShortSide), WorkingShortSide), (nameof(LoraKind), LoraKind),
            ];
            return string.Join(", ", all.Where(option => option.Value is not null).Select(option => $"{option.Name} {option.Value!.ToString()!.ToLowerInvariant()}"));
        }
    }
}
