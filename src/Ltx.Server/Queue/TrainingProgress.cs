namespace Ltx.Server.Queue;

/// <summary>Where a training is. Told at every step; the queue makes lines of the request's log of it, now and then.</summary>
/// <param name="Stage">a word, such as preparation, training or previews</param>
/// <param name="Step">how many of the stage are done</param>
/// <param name="Steps">how many it has</param>
/// <param name="Fraction">share of the whole training, from 0 to 1</param>
internal sealed record TrainingProgress(string Stage, int Step, int Steps, double Fraction)
{
    /// <summary>Of the step that has just been made; null where none was.</summary>
    public double? Loss { get; init; }

    /// <summary>To the end of the training, as far as anybody knows.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>
    /// Whether everything up to here is on the disk, so that an attempt after a crash goes on from it. A training that gets further between two
    /// crashes is never given up for their number.
    /// </summary>
    public bool IsKept { get; init; }

    /// <summary>A line for the request's log, always told.</summary>
    public string? Log { get; init; }

    /// <summary>Of that line: ERROR, INFO, WARN, DEBUG.</summary>
    public string Level { get; init; } = "INFO";
}
