namespace Ltx.Server.Queue;

/// <summary>
/// Where a run is. <paramref name="Fraction"/> counts the whole run, 0 to 1. A log line, where given, becomes a line of the request's
/// log; it may come with or without a change of place.
/// </summary>
internal sealed record RunProgress(string Stage, int Step, int Steps, double Fraction, double? SecondsLeft)
{
    public string? Log { get; init; }

    /// <summary>Of the step of a training that has just been made.</summary>
    public double? Loss { get; init; }

    public string Level { get; init; } = "INFO";
}
