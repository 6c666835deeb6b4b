using System.Text.RegularExpressions;

namespace Ltx.Server.Tests.Commands;

/// <summary>How a run of the executable ended.</summary>
/// <param name="Output">standard output</param>
/// <param name="Error">standard error</param>
internal sealed partial record LtxRun(int ExitCode, string Output, string Error)
{
    /// <summary>Standard error without the lines that tell which stage begins.</summary>
    public string[] Complaints => [.. Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !Stage().IsMatch(line))];

    /// <summary>The stages that began, in their order.</summary>
    public string[] Stages => [.. Error.Split('\n').Select(line => Stage().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];

    public LtxRun Succeeded()
    {
        Assert.True(ExitCode == 0, $"Exit code {ExitCode}:\n{Error}");
        return this;
    }

    [GeneratedRegex(@"^\s*\d+ %  (.+)$")]
    private static partial Regex Stage();
}
