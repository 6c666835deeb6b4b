using Ltx.Inference.Expansion;

namespace Ltx.Inference.Generation;

/// <summary>In which of the two stages a LoRA is used.</summary>
public enum LoraStages
{
    Both,
    Stage1,
    Stage2,
}

/// <summary>A user's LoRA.</summary>
/// <param name="Path">the safetensors file</param>
/// <param name="Scale">strength; 0 is off</param>
/// <param name="Stages">where it is used</param>
/// <param name="Name">what to call it in messages; null for the file's own name</param>
public sealed record LoraChoice(string Path, double Scale = 1, LoraStages Stages = LoraStages.Both, string? Name = null)
{
    // The endpoint's limit.
    private const int MaximumCount = 3;

    /// <summary>What can be said of a request's LoRAs without a look at files or model.</summary>
    /// <exception cref="InferenceException">There are too many, or one has a scale that is no number.</exception>
    public static void Check(IReadOnlyList<LoraChoice> choices)
    {
        if (choices.Count > MaximumCount) throw new InferenceException(Fault.Input, $"{choices.Count} LoRAs were given, and at most {MaximumCount} can be used at once.");
        foreach ((int index, LoraChoice choice) in choices.Index())
        {
            if (!double.IsFinite(choice.Scale)) throw new LoraException(index, $"The LoRA {choice.Name ?? System.IO.Path.GetFileName(choice.Path)} has the scale {choice.Scale}.");
        }
    }
}

/// <summary>Sound as numbers.</summary>
/// <param name="Channels">one array a channel, equally long, from -1 to 1</param>
/// <param name="SampleRate">samples a second</param>
public sealed record SoundClip(IReadOnlyList<float[]> Channels, int SampleRate);

/// <summary>A clip to inpaint, and how. Fields and defaults are the endpoint's.</summary>
/// <param name="Prompt">what belongs into the masked region</param>
/// <param name="Frames">RGB24, Width * Height * 3 bytes each, or the planes that <see cref="Yuv"/> tells of; one or more</param>
/// <param name="Mask">grey, Width * Height bytes each; above one half is regenerated; the last one holds where there are fewer than frames</param>
/// <param name="Width">pixels, even</param>
/// <param name="Height">pixels, even</param>
/// <param name="FramesPerSecond">of frames and mask</param>
public sealed record InpaintRequest(string Prompt, IReadOnlyList<byte[]> Frames, IReadOnlyList<byte[]> Mask, int Width, int Height, double FramesPerSecond)
{
    /// <summary>Half of white: from here on a mask's pixel is regenerated.</summary>
    public const byte LeastWhite = 128;

    /// <summary>
    /// Where frames are planes, Y (Width * Height bytes), Cb and Cr (a quarter of that each): what they mean. The result's are of the same kind, and
    /// beyond the mask the very same. Null for RGB24.
    /// </summary>
    public YuvColours? Yuv { get; init; }

    /// <summary>Whether the text model writes the prompt out before it is encoded, where it can.</summary>
    public bool ExpandPrompt { get; init; } = true;

    /// <summary>Asked whether an expanded prompt may be used; null for any.</summary>
    public Func<string, bool>? AllowsExpansion { get; init; }

    /// <summary>How long the expansion may be; a warm-up wants its kernels and not its words.</summary>
    internal int MaxExpansionTokens { get; init; } = PromptExpander.MaxTokens;

    /// <summary>What to stay away from; used where the recipe's sampler or guidance looks at it: CFG++ does at a <see cref="GuidanceScale"/> of 1, too.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>The source's sound from the clip's beginning, stereo, at <see cref="InpaintPipeline.SourceSoundRate"/>; null where it has none.</summary>
    public SoundClip? SourceSound { get; init; }

    /// <summary>Whether the result has sound. Where the source's own is kept, the caller adds it himself.</summary>
    public bool GenerateAudio { get; init; } = true;

    /// <summary>Strength of the guide that shows the preserved content, from 0 to 1.</summary>
    public double VideoStrength { get; init; } = 1;

    public int Steps { get; init; } = 15;

    /// <summary>Classifier-free guidance; 1 is off.</summary>
    public double GuidanceScale { get; init; } = 1;

    /// <summary>Everything random follows from it.</summary>
    public long Seed { get; init; }

    /// <summary>A recipe by name or file, in place of the pipeline's: for comparing. Null for the pipeline's.</summary>
    public string? Recipe { get; init; }

    /// <summary>The request that this one is cut out of; null where it is whole.</summary>
    internal InpaintRequest? Uncropped { get; init; }

    /// <summary>Up to three.</summary>
    public IReadOnlyList<LoraChoice> Loras { get; init; } = [];

    /// <summary>One of its frames, or of its result's, to look at.</summary>
    public Picture Look(byte[] frame) => new(FrameLayout.Of(this).ToRgb24(frame), Width, Height);
}
