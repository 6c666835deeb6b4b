namespace Ltx.Video.Processes;

/// <summary>The child process was killed because its time was up.</summary>
internal sealed class ChildTimeLimitException(TimeSpan limit, string lastWords)
    : Exception(FormattableString.Invariant($"The time limit of {limit.TotalSeconds:0.###} seconds was exceeded."))
{
    public TimeSpan Limit { get; } = limit;

    public string LastWords { get; } = lastWords;
}
