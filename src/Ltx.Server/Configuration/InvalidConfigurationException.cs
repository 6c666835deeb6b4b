namespace Ltx.Server.Configuration;

/// <summary>The configuration cannot be used. Holds every problem, not the first one.</summary>
internal sealed class InvalidConfigurationException(IReadOnlyList<string> problems)
    : Exception("The configuration cannot be used:\n" + string.Join('\n', problems.Select(p => "  - " + p)))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
