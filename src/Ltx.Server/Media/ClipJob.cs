using Ltx.Inference.Generation;
using Ltx.Server.Configuration;
using Ltx.Server.Fal;
using Ltx.Video;

namespace Ltx.Server.Media;

/// <summary>One clip to inpaint, from files to a file. Defaults are the endpoint's.</summary>
/// <param name="Video">the source's file</param>
/// <param name="Mask">the mask's file: a video or a still image</param>
/// <param name="Parameters">what it is generated with</param>
/// <param name="Output">where the result goes; it appears when it is whole</param>
internal sealed record ClipJob(string Video, string Mask, GenerationParameters Parameters, string Output)
{
    /// <summary>Asked whether an expanded prompt may be used; null for any.</summary>
    public Func<string, bool>? AllowsExpansion { get; init; }

    /// <summary>Another clip's file that the model is shown in place of the guide; brought to the source's size, its last frame held. Null for the guide.</summary>
    public string? Reference { get; init; }

    /// <summary>How many are read at most.</summary>
    public int Frames { get; init; } = InpaintInput.Defaults.NumFrames;

    /// <summary>The rate that the source is read at, and the result has.</summary>
    public double FramesPerSecond { get; init; } = InpaintInput.Defaults.FramesPerSecond;

    public VideoQuality Quality { get; init; } = InpaintInput.Defaults.VideoQuality;

    public WriteMode WriteMode { get; init; } = InpaintInput.Defaults.VideoWriteMode;

    /// <summary>Larger sources, and longer ones, are refused.</summary>
    public SourceLimits Limits { get; init; } = SourceLimits.Default;
}
