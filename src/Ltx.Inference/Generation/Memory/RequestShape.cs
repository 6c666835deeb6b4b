namespace Ltx.Inference.Generation.Memory;

/// <summary>What a memory plan has to know of a request.</summary>
/// <param name="Frames">of the clip, not padded</param>
/// <param name="Height">pixels</param>
/// <param name="Width">pixels</param>
public sealed record RequestShape(int Frames, int Height, int Width)
{
    /// <summary>For the length of the sound.</summary>
    public double FramesPerSecond { get; init; } = 24;

    /// <summary>How many times smaller than the clip its guide is.</summary>
    public int ReferenceDownscale { get; init; } = 1;

    /// <summary>How many times fewer frames it has.</summary>
    public int ReferenceTemporalScale { get; init; } = 1;

    /// <summary>Whether the second stage sees the guide too.</summary>
    public bool ReferenceInStage2 { get; init; }

    public override string ToString() => $"{Width}x{Height}, {Frames} frames";
}
