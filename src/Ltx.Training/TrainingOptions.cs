namespace Ltx.Training;

/// <summary>
/// How a training goes; the defaults are those of the hosted trainers where they name one, else the reference trainer's
/// (packages/ltx-trainer/configs, 400fd31).
/// </summary>
public sealed record TrainingOptions
{
    public required TrainingKind Kind { get; init; }

    /// <summary>Whether all weights of the video stream are trained, and no LoRA: for small models.</summary>
    public bool Full { get; init; }

    /// <summary>Of the LoRA's matrices.</summary>
    public int Rank { get; init; } = 32;

    /// <summary>The LoRA acts with alpha / rank; null for 1.</summary>
    public double? Alpha { get; init; }

    public int Steps { get; init; } = 2000;

    public double LearningRate { get; init; } = 2e-4;

    public ScheduleKind Schedule { get; init; } = ScheduleKind.Linear;

    /// <summary>torch's default, of AdamW.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Of all gradients together; 0 for no bound.</summary>
    public double LargestGradientNorm { get; init; } = 1;

    /// <summary>Clips a step; their gradients are averaged.</summary>
    public int Batch { get; init; } = 1;

    public long Seed { get; init; } = 42;

    public SigmaDistribution Sigmas { get; init; } = SigmaDistribution.ShiftedLogitNormal;

    /// <summary>In what share of the steps the first frame is given.</summary>
    public double FirstFrame { get; init; }

    /// <summary>What of every frame an outpainting LoRA is given; null where it is not one.</summary>
    public KeptRectangle? Kept { get; init; }

    /// <summary>How many times smaller than the clip its reference is.</summary>
    public int ReferenceDownscale { get; init; } = 1;

    /// <summary>How many times fewer frames a second the reference has.</summary>
    public int ReferenceTemporalScale { get; init; } = 1;

    /// <summary>After how many steps a state is kept that a training can go on from.</summary>
    public int CheckpointEvery { get; init; } = 250;

    /// <summary>Words that every caption begins with, noted in the file; null for none.</summary>
    public string? Trigger { get; init; }
}
