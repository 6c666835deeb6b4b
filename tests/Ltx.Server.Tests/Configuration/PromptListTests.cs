using Ltx.Server.Configuration;
using Ltx.Server.Tests.Support;

namespace Ltx.Server.Tests.Configuration;

[Fast]
public sealed class PromptListTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Theory]
    [InlineData("a red fox", 2)]
    [InlineData("A RED,  fox!", 2)]
    [InlineData("a r\u200Bed fox", 2)]
    [InlineData("a scarlet foxglove", null)]
    [InlineData("a red foxglove", null)]
    [InlineData("the number 42 on a shirt", 4)]
    [InlineData("the number 142 on a shirt", null)]
    [InlineData("\u00C4rgernis", 5)]
    [InlineData("a \uD800 red fox", 2)]
    [InlineData("", null)]
    public void Words_match_as_words_and_expressions_as_they_are_written(string prompt, int? line) =>
        Assert.Equal(line, List("# a comment", "Red Fox", "", "/\\b4[0-9]\\b/", "\u00E4rgernis").Find(prompt));

    [Fact]
    public void What_is_wrong_with_a_list_is_said_at_once_with_all_else()
    {
        string file = Write("good", "/(unclosed/", "!!!", "/(?<=a)b/");
        SafetyOptions options = new() { Mode = "maybe", PromptList = file };
        string[] problems = [.. options.Check()];
        Assert.Equal(4, problems.Length);
        Assert.Contains(problems, problem => problem.StartsWith("Safety:Mode", StringComparison.Ordinal));
        foreach (int line in (int[])[2, 3, 4]) Assert.Contains(problems, problem => problem.Contains($"line {line} of", StringComparison.Ordinal));
        Assert.Contains("cannot be read", Assert.Single(new SafetyOptions { PromptList = Path.Combine(folder.Path, "none") }.Check()), StringComparison.Ordinal);
        Assert.Empty(new SafetyOptions().Check());
    }

    [Fact]
    public void No_expression_takes_long()
    {
        string text = new('a', 200_000);
        Assert.Null(List("/(a+)+$b/").Find(text));
    }

    public void Dispose() => folder.Dispose();

    private PromptList List(params string[] lines)
    {
        List<string> problems = [];
        PromptList list = PromptList.Read(Write(lines), problems);
        Assert.Empty(problems);
        return list;
    }

    private string Write(params string[] lines)
    {
        string path = Path.Combine(folder.Path, "list.txt");
        File.WriteAllLines(path, lines);
        return path;
    }
}
