namespace Ltx.Video.Processes;

/// <summary>The child process was killed because it held too much memory.</summary>
internal sealed class ChildMemoryLimitException(long limit, string lastWords)
    : Exception(FormattableString.Invariant($"The memory limit of {limit} bytes was exceeded."))
{
    public long Limit { get; } = limit;

    public string LastWords { get; } = lastWords;
}
