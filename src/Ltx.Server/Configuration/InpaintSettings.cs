using System.ComponentModel.DataAnnotations;
using Ltx.Inference.Generation;
using Ltx.Inference.Generation.Memory;
using Ltx.Inference.Layers;

namespace Ltx.Server.Configuration;

/// <summary>How the engine works, whatever a request says. Defaults: docs/inpaint-pipeline.md.</summary>
internal sealed class InpaintSettings : ICheckedOptions
{
    /// <summary>`cpu`, `cuda` or `cuda:n`; empty for the first CUDA device if there is one. With several workers, each `cuda` worker takes the device of its number.</summary>
    public string Device { get; set; } = "";

    /// <summary>`float32` or `bfloat16`; empty for float32 on a CPU and bfloat16 on a GPU.</summary>
    public string Dtype { get; set; } = "";

    /// <summary>
    /// The transformer's weights: `checkpoint` as the file has them, `full` in Dtype, also where the file has float8, or `fp8`: bfloat16 files
    /// are rounded to float8 while they load (half the memory; cards from Ada and Hopper on multiply it directly).
    /// </summary>
    public string Weights { get; set; } = "checkpoint";

    /// <summary>Pixels at full size by which the mask is widened for the model.</summary>
    [Range(0, 256)]
    public int MaskDilation { get; set; } = 8;

    /// <summary>Pixels around the unwidened mask in which generated and source pixels are blended.</summary>
    [Range(0, 256)]
    public int Feather { get; set; } = 12;

    /// <summary>Whether preserved cells are given to the model as clean latents.</summary>
    public bool LatentMask { get; set; } = true;

    /// <summary>`keep-source` or `generate`.</summary>
    public string Audio { get; set; } = "keep-source";

    /// <summary>Whether the second stage sees the guide too (1.8 times the time of a run).</summary>
    public bool ReferenceInStage2 { get; set; }

    /// <summary>`blend`, `hard` or `none`.</summary>
    public string Composite { get; set; } = "blend";

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
        if (Composite is not ("blend" or "hard" or "none")) yield return $"Inpaint:Composite: '{Composite}' is none of blend, hard and none";
        if (EngineWeights is null) yield return $"Inpaint:Weights: '{Weights}' is none of checkpoint, full and fp8";
        if (PinnedWeights is not ("auto" or "on" or "off")) yield return $"Inpaint:PinnedWeights: '{PinnedWeights}' is none of auto, on and off";
        if (Dtype is not ("" or "float32" or "bfloat16")) yield return $"Inpaint:Dtype: '{Dtype}' is neither float32 nor bfloat16";
    }

    private WeightFormat? EngineWeights => Weights switch
    {
        "checkpoint" => WeightFormat.Checkpoint,
        "full" => WeightFormat.Full,
        "fp8" => WeightFormat.Float8,
        _ => null,
    };

    public InpaintOptions ToEngine() => new(
        MaskDilation, Feather, LatentMask, Audio == "generate" ? SoundSource.Generate : SoundSource.KeepSource, ReferenceInStage2, Enum.Parse<CompositeMode>(Composite, ignoreCase: true), EngineWeights!.Value,
        Memory: MemoryGigabytes == 0 ? null : (long)(MemoryGigabytes * 1e9), Pinned: Enum.Parse<PinnedWeights>(PinnedWeights, ignoreCase: true), ShowFrame: ShowFrame);
}
