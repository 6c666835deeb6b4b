using System.ComponentModel.DataAnnotations;
using Ltx.Inference.Generation;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.Weights;

namespace Ltx.Server.Configuration;

/// <summary>How the engine works, whatever a request says. Defaults: docs/inpaint-pipeline.md.</summary>
internal sealed class InpaintSettings : ICheckedOptions
{
    /// <summary>`cpu`, `cuda` or `cuda:n`; empty for the first CUDA device if there is one. With several workers, each `cuda` worker takes the device of its number.</summary>
    public string Device { get; set; } = "";

    /// <summary>`float32` or `bfloat16`; empty for float32 on a CPU and bfloat16 on a GPU.</summary>
    public string Dtype { get; set; } = "";

    /// <summary>
    /// The transformer's weights: `checkpoint` as the file has them, but float8 files in Dtype where the card has room for that; `full` in Dtype always;
    /// `fp8`: bfloat16 files are rounded to float8 while they load (half the memory); `fp8-products`: what is in float8 is also multiplied in it by
    /// cards from Ada and Hopper on: faster, and less exact.
    /// </summary>
    public string Weights { get; set; } = "checkpoint";

    /// <summary>
    /// The recipe of all requests: a name (`ltx recipes list`; files in the models folder's `recipes/` count, too) or the path of a JSON file; empty
    /// for what the model folder names, or else `default`. The settings below that are empty are the recipe's.
    /// </summary>
    public string Recipe { get; set; } = "";

    /// <summary>Pixels at full size by which the mask is widened for the model.</summary>
    [Range(0, 256)]
    public int? MaskDilation { get; set; }

    /// <summary>Pixels around the unwidened mask in which generated and source pixels are blended.</summary>
    [Range(0, 256)]
    public int? Feather { get; set; }

    /// <summary>Whether preserved cells are given to the model as clean latents.</summary>
    public bool? LatentMask { get; set; }

    /// <summary>Pixels that the shorter side of a smaller source is brought to while it is worked on; 0 for the source's own size.</summary>
    [Range(0, 8192)]
    public int? WorkingShortSide { get; set; }

    /// <summary>How users' LoRAs were trained: `mask` (clean latents, no guide), `reference` (the guide) or `neither`; empty for what their files say, or look like.</summary>
    public string LoraKind { get; set; } = "";

    /// <summary>`keep-source` or `generate`.</summary>
    public string Audio { get; set; } = "keep-source";

    /// <summary>Whether the second stage sees the guide too (twice its tokens).</summary>
    public bool? ReferenceInStage2 { get; set; }

    /// <summary>`blend`, `hard`, `none` or `pyramid`.</summary>
    public string Composite { get; set; } = "";

    /// <summary>Whether the text model, where it writes prompts out, is shown the clip's first masked frame (its vision tower takes 0.84 GB more).</summary>
    public bool ShowFrame { get; set; }

    /// <summary>GB (10^9 bytes) of the device that may be used, for models and work; 0 for what is free when the model loads.</summary>
    [Range(0, 10_000)]
    public double MemoryGigabytes { get; set; }

    /// <summary>
    /// Whether the transformer's own weights stay in pinned host memory, from which LoRAs are changed at the bus's rate: `auto` where the host has
    /// memory for them, `on` in any case, `off` never. Where the model's file lies in memory itself, its own pages are used.
    /// </summary>
    public string PinnedWeights { get; set; } = "auto";

    /// <summary>Whether a tiny clip goes through every stage before the server is ready, so that the first request is at full speed.</summary>
    public bool WarmUp { get; set; } = true;

    public IEnumerable<string> Check()
    {
        if (Audio is not ("keep-source" or "generate")) yield return $"Inpaint:Audio: '{Audio}' is neither keep-source nor generate";
        if (Composite is not ("" or "blend" or "hard" or "none" or "pyramid")) yield return $"Inpaint:Composite: '{Composite}' is none of blend, hard, none and pyramid";
        if (LoraKind is not ("" or "mask" or "reference" or "neither")) yield return $"Inpaint:LoraKind: '{LoraKind}' is none of mask, reference and neither";
        if (WorkingShortSide is > 0 and < 64) yield return $"Inpaint:WorkingShortSide: {WorkingShortSide} is below 64, the smallest side that is worked on";
        if (EngineWeights is null) yield return $"Inpaint:Weights: '{Weights}' is none of checkpoint, full, fp8 and fp8-products";
        if (PinnedWeights is not ("auto" or "on" or "off")) yield return $"Inpaint:PinnedWeights: '{PinnedWeights}' is none of auto, on and off";
        if (Dtype is not ("" or "float32" or "bfloat16")) yield return $"Inpaint:Dtype: '{Dtype}' is neither float32 nor bfloat16";
    }

    private WeightFormat? EngineWeights => Weights switch
    {
        "checkpoint" => WeightFormat.Checkpoint,
        "full" => WeightFormat.Full,
        "fp8" => WeightFormat.Float8,
        "fp8-products" => WeightFormat.Float8Products,
        _ => null,
    };

    /// <param name="recipeFolder">where the operator's own recipes are looked for, before the program's</param>
    /// <param name="workingPixels">of a frame, above which a clip is worked on smaller</param>
    public InpaintOptions ToEngine(string recipeFolder, long workingPixels = InpaintOptions.MostPixels) => new(
        Recipe.Length == 0 ? null : Recipe, recipeFolder, MaskDilation, Feather, LatentMask, ReferenceInStage2, Parsed<CompositeMode>(Composite),
        WorkingShortSide, workingPixels, Parsed<Ltx.Inference.Lora.LoraKind>(LoraKind), Audio == "generate" ? SoundSource.Generate : SoundSource.KeepSource, EngineWeights!.Value,
        Memory: MemoryGigabytes == 0 ? null : (long)(MemoryGigabytes * 1e9), Pinned: Enum.Parse<PinnedWeights>(PinnedWeights, ignoreCase: true), ShowFrame: ShowFrame);

    private static T? Parsed<T>(string text) where T : struct, Enum => text.Length == 0 ? null : Enum.Parse<T>(text, ignoreCase: true);
}
