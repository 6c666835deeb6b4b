namespace Ltx.Inference.Generation;

/// <summary>
/// What a clip is generated with, once for all: an endpoint's input and a command line are made into it, a job and an engine's request hold it. Defaults
/// are what changes nothing; the endpoint's own are in its schema.
/// </summary>
/// <param name="Prompt">what belongs into the masked region</param>
public sealed record GenerationParameters(string Prompt)
{
    /// <summary>Whether the text model writes the prompt out before it is encoded, where it can.</summary>
    public bool ExpandPrompt { get; init; } = true;

    /// <summary>What to stay away from; used where the recipe's sampler or guidance looks at it: CFG++ does at a <see cref="GuidanceScale"/> of 1, too.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>Strength of the guide that shows the preserved content, from 0 to 1.</summary>
    public double VideoStrength { get; init; } = 1;

    /// <summary>Denoising steps of the first stage, where the recipe has none of its own.</summary>
    public required int Steps { get; init; }

    /// <summary>Classifier-free guidance; 1 is off.</summary>
    public double GuidanceScale { get; init; } = 1;

    /// <summary>Whether the result has sound. Where the source's own is kept, the caller adds it himself.</summary>
    public bool GenerateAudio { get; init; } = true;

    /// <summary>Everything random follows from it.</summary>
    public long Seed { get; init; }

    /// <summary>A recipe by name or file, in place of the pipeline's: for comparing. Null for the pipeline's.</summary>
    public string? Recipe { get; init; }

    /// <summary>Up to three.</summary>
    public IReadOnlyList<LoraChoice> Loras { get; init; } = [];
}
