namespace Ltx.Server.Fal;

/// <summary>A validated input of the endpoint: every field has a value that the schema allows.</summary>
internal sealed record InpaintRequest
{
    public required string Prompt { get; init; }

    public required string VideoUrl { get; init; }

    public required string MaskVideoUrl { get; init; }

    /// <summary>0 ... 1.</summary>
    public required double VideoStrength { get; init; }

    /// <summary>9 ... 481.</summary>
    public required int NumFrames { get; init; }

    /// <summary>1 ... 60.</summary>
    public required double FramesPerSecond { get; init; }

    /// <summary>8 ... 30.</summary>
    public required int NumInferenceSteps { get; init; }

    /// <summary>1 ... 20.</summary>
    public required double GuidanceScale { get; init; }

    public required bool GenerateAudio { get; init; }

    public required string NegativePrompt { get; init; }

    /// <summary>Null: the runner draws one in 0 ... 2^31-1.</summary>
    public required long? Seed { get; init; }

    public required bool EnablePromptExpansion { get; init; }

    public required bool EnableSafetyChecker { get; init; }

    /// <summary>low, medium, high or maximum.</summary>
    public required string VideoQuality { get; init; }

    /// <summary>fast, balanced or small.</summary>
    public required string VideoWriteMode { get; init; }

    public required bool SyncMode { get; init; }

    public required IReadOnlyList<LoraInput> Loras { get; init; }
}
