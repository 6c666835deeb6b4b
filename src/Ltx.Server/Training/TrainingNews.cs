namespace Ltx.Server.Training;

/// <summary>What a training is at.</summary>
internal enum TrainingPhase
{
    /// <summary>Files are unpacked and looked at, clips and captions are encoded.</summary>
    Preparing,

    /// <summary>Steps are made.</summary>
    Training,

    /// <summary>Clips are made with what was learned.</summary>
    Previewing,
}

/// <summary>How far a training is.</summary>
/// <param name="Phase">what is being done</param>
/// <param name="Done">of what it has to do</param>
/// <param name="Of">clips, steps or previews</param>
internal sealed record TrainingNews(TrainingPhase Phase, int Done, int Of)
{
    /// <summary>Of the last step; null outside of steps.</summary>
    public double? Loss { get; init; }

    /// <summary>Seconds that the last step took; null outside of steps.</summary>
    public double? SecondsAStep { get; init; }

    /// <summary>Seconds until the last step, by the steps so far; null before the first.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>Something that a person should read.</summary>
    public string? Note { get; init; }

    /// <summary>Whether the note is of something that was not used or did not work.</summary>
    public bool IsWarning { get; init; }

    /// <summary>Whether whoever is killed now goes on from here.</summary>
    public bool IsKept { get; init; }
}
