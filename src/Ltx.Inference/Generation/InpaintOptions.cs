using Ltx.Inference.Generation.Memory;
using Ltx.Inference.Layers;

namespace Ltx.Inference.Generation;

/// <summary>Where the result's sound comes from.</summary>
public enum SoundSource
{
    /// <summary>The source's own sound is kept and listened to; where it has none, sound is generated.</summary>
    KeepSource,

    /// <summary>Sound is always generated.</summary>
    Generate,
}

/// <summary>How generated and preserved pixels are put together.</summary>
public enum CompositeMode
{
    /// <summary>A soft seam around the mask, and tones matched at it.</summary>
    Blend,

    /// <summary>Generated pixels inside the mask, source pixels outside, nothing between.</summary>
    Hard,

    /// <summary>The generated frames as they are.</summary>
    None,
}

/// <summary>What the operator decides about inpainting, not the request. Defaults: docs/inpaint-pipeline.md.</summary>
/// <param name="MaskDilation">pixels at full size by which the mask is widened for the model</param>
/// <param name="Feather">pixels around the unwidened mask in which generated and source pixels are blended</param>
/// <param name="LatentMask">whether preserved cells are given to the model as clean latents</param>
/// <param name="Sound">where the sound comes from</param>
/// <param name="ReferenceInStage2">whether the second stage sees the guide too: 1.8 times the whole run's time</param>
/// <param name="Composite">how pixels are put together</param>
/// <param name="Weights">in what form the transformer's weights are kept and multiplied</param>
/// <param name="Memory">bytes of the device that may be used, weights included; null for what is free when the model loads</param>
/// <param name="Pinned">whether the transformer's own weights stay in pinned host memory, for changing LoRAs</param>
/// <param name="PlannedFor">the size of request that the weights are placed for at first; null for 1920x1088 and 121 frames</param>
/// <param name="ShowFrame">whether the text model, which writes the prompt out, is shown the clip's first masked frame</param>
public sealed record InpaintOptions(
    int MaskDilation = 8, int Feather = 12, bool LatentMask = true, SoundSource Sound = SoundSource.KeepSource, bool ReferenceInStage2 = false, CompositeMode Composite = CompositeMode.Blend,
    WeightFormat Weights = WeightFormat.Checkpoint, long? Memory = null, PinnedWeights Pinned = PinnedWeights.Auto, RequestShape? PlannedFor = null, bool ShowFrame = false)
{
    /// <summary>In the first stage the distilled LoRA is used this strongly, in the second this. Source: ltx_pipelines/utils/constants.py, HQ preset (400fd31).</summary>
    internal const double DistilledStage1 = 0.25, DistilledStage2 = 0.5;

    /// <summary>The in/outpainting adapter is made for full strength.</summary>
    internal const double AdapterStrength = 1;

    /// <summary>How far a guided prediction's deviation is brought back, by stream. Source: the same preset.</summary>
    internal const double VideoRescale = 0.45, AudioRescale = 1;
}
