namespace Ltx.Server.Configuration;

/// <summary>The configuration cannot be used. Holds every problem, not the first one.</summary>
internal sealed class InvalidConfigurationException(IReadOnlyList<string> problems, Exception? cause = null) : Exception(Sentence(problems), cause)
{
    public InvalidConfigurationException(string problem, Exception? cause = null) : this([problem], cause)
    {
    }

    public IReadOnlyList<string> Problems { get; } = problems;

    // One sentence for one problem, a list for several.
    private static string Sentence(IReadOnlyList<string> problems) =>
        "The configuration cannot be used:" + (problems is [var one] ? $" {one.TrimEnd('.')}." : string.Concat(problems.Select(problem => $"\n  - {problem}")));
}
