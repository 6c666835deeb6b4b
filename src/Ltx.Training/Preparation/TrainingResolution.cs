namespace Ltx.Training.Preparation;

/// <summary>How large a clip is trained with, in the hosted trainers' words.</summary>
internal enum TrainingResolution
{
    /// <summary>360p, on the grid.</summary>
    Low,

    /// <summary>540p: the reference's validation, 960x544.</summary>
    Medium,

    /// <summary>720p.</summary>
    High,
}
