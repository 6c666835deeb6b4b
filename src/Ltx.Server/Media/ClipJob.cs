using Ltx.Inference.Generation;
using Ltx.Server.Configuration;
using Ltx.Video;

namespace Ltx.Server.Media;

/// <summary>One clip to inpaint, from files to a file. Defaults are the endpoint's.</summary>
/// <param name="Video">the source's file</param>
/// <param name="Mask">the mask's file: a video or a still image</param>
/// <param name="Prompt">what belongs into the masked region</param>
/// <param name="Output">where the result goes; it appears when it is whole</param>
internal sealed record ClipJob(string Video, string Mask, string Prompt, string Output)
{
    /// <summary>Whether the text model writes the prompt out, where it can.</summary>
    public bool ExpandPrompt { get; init; } = true;

    /// <summary>Asked whether an expanded prompt may be used; null for any.</summary>
    public Func<string, bool>? AllowsExpansion { get; init; }

    public string NegativePrompt { get; init; } = Defaults.NegativePrompt;

    public double VideoStrength { get; init; } = 1;

    public int Frames { get; init; } = Defaults.Frames;

    public double FramesPerSecond { get; init; } = Defaults.FramesPerSecond;

    public int Steps { get; init; } = Defaults.Steps;

    public double GuidanceScale { get; init; } = 1;

    public bool GenerateAudio { get; init; } = true;

    public required long Seed { get; init; }

    public IReadOnlyList<LoraChoice> Loras { get; init; } = [];

    /// <summary>A recipe by name or file, in place of the engine's; null for that.</summary>
    public string? Recipe { get; init; }

    public VideoQuality Quality { get; init; } = VideoQuality.High;

    public WriteMode WriteMode { get; init; } = WriteMode.Balanced;

    /// <summary>Larger sources, and longer ones, are refused.</summary>
    public SourceLimits Limits { get; init; } = SourceLimits.Default;

    /// <summary>What the endpoint takes where a request says nothing.</summary>
    internal static class Defaults
    {
        public const int Frames = 121, Steps = 15;
        public const double FramesPerSecond = 24;

        public const string NegativePrompt =
            "color distortion, overexposure, static, blurry details, subtitles, style, artwork, painting, frame, still, dim overall tone, worst quality, low quality, "
            + "JPEG compression artifacts, ugly, mutilated, extra fingers, poorly drawn hands, poorly drawn face, deformed, disfigured, malformed limbs, fused fingers, "
            + "motionless frame, cluttered background, three legs, crowded background, walking backwards";
    }
}
