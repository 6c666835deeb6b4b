using Ltx.Inference.Expansion;

namespace Ltx.Inference.Generation;

/// <summary>Sound as numbers.</summary>
/// <param name="Channels">one array a channel, equally long, from -1 to 1</param>
/// <param name="SampleRate">samples a second</param>
public sealed record SoundClip(IReadOnlyList<float[]> Channels, int SampleRate);

/// <summary>A clip to inpaint, and how.</summary>
/// <param name="Parameters">what it is generated with</param>
/// <param name="Frames">RGB24, Width * Height * 3 bytes each, or the planes that <see cref="Yuv"/> tells of; one or more</param>
/// <param name="Mask">grey, Width * Height bytes each; above one half is regenerated; the last one holds where there are fewer than frames</param>
/// <param name="Width">pixels, even</param>
/// <param name="Height">pixels, even</param>
/// <param name="FramesPerSecond">of frames and mask</param>
public sealed record InpaintRequest(GenerationParameters Parameters, IReadOnlyList<byte[]> Frames, IReadOnlyList<byte[]> Mask, int Width, int Height, double FramesPerSecond)
{
    /// <summary>Half of white: from here on a mask's pixel is regenerated.</summary>
    public const byte LeastWhite = 128;

    /// <summary>
    /// Where frames are planes, Y (Width * Height bytes), Cb and Cr (a quarter of that each): what they mean. The result's are of the same kind, and
    /// beyond the mask the very same. Null for RGB24.
    /// </summary>
    public YuvColours? Yuv { get; init; }

    /// <summary>
    /// Another clip that the model is shown in place of the guide, where the recipe has one: for LoRAs that were trained with a clip of its own to go by.
    /// As many frames as the clip, in the same form. Null for the guide that is made of the clip itself.
    /// </summary>
    public IReadOnlyList<byte[]>? Reference { get; init; }

    /// <summary>Asked whether an expanded prompt may be used; null for any.</summary>
    public Func<string, bool>? AllowsExpansion { get; init; }

    /// <summary>How long the expansion may be; a warm-up wants its kernels and not its words.</summary>
    internal int MaxExpansionTokens { get; init; } = PromptExpander.MaxTokens;

    /// <summary>The source's sound from the clip's beginning, stereo, at <see cref="InpaintPipeline.SourceSoundRate"/>; null where it has none.</summary>
    public SoundClip? SourceSound { get; init; }

    /// <summary>The request that this one is cut out of; null where it is whole.</summary>
    internal InpaintRequest? Uncropped { get; init; }

    /// <summary>One of its frames, or of its result's, to look at.</summary>
    public Picture Look(byte[] frame) => new(FrameLayout.Of(this).ToRgb24(frame), Width, Height);
}
