using System.Text.RegularExpressions;
using Ltx.Server.Tests.Commands;

namespace Ltx.Server.Tests.Architecture;

/// <summary>The ways through the code that the README gives to a reader: paragraphs that begin with "The way of".</summary>
[Fast]
public partial class WayTests
{
    public static TheoryData<string> Ways => [.. File.ReadLines(Path.Combine(Repository.Root, "README.md")).Where(line => line.StartsWith("The way of ", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Ways))]
    public void Every_file_of_a_way_is_there_and_names_the_next_one_or_is_named_by_it(string way)
    {
        List<(string Name, string Type, string Text)> files = [];
        string project = "";
        foreach (string name in Quoted().Matches(way).Select(match => match.Groups[1].Value))
        {
            string path = Path.Combine(Repository.Root, project, name);
            if (!name.EndsWith(".cs", StringComparison.Ordinal)) project = name;
            else if (File.Exists(path)) files.Add((name, Path.GetFileNameWithoutExtension(name), File.ReadAllText(path)));
            else Assert.Fail($"There is no {path}.");
        }
        Assert.True(files.Count > 5, "The way has hardly any files.");
        foreach (var (one, next) in files.Zip(files.Skip(1)))
        {
            bool isStep = Names(one.Text, next.Type) || Names(next.Text, one.Type);
            Assert.True(isStep, $"{one.Name} and {next.Name} do not know each other.");
        }
    }

    private static bool Names(string text, string type) => Regex.IsMatch(text, $@"\b{Regex.Escape(type)}\b");

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
