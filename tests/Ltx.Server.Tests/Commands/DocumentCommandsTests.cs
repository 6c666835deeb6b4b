using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Ltx.Server.Commands;

namespace Ltx.Server.Tests.Commands;

/// <summary>Whatever command of ours a document names is one that there is, with options that it has.</summary>
public sealed partial class DocumentCommandsTests
{
    // The launcher's own.
    private static readonly string[] OfTheLauncher = ["test", "clean", "--yes"];

    public static TheoryData<string> Documents =>
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !file.Split('/').Any(part => part is "node_modules" or "bin" or "obj" or "artifacts" || part.StartsWith('.')))
            .Where(file => Commands(Path.Combine(Repository.Root, file)).Any()),
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_command_of_a_document_is_one_that_there_is(string document) =>
        Assert.Empty(Commands(Path.Combine(Repository.Root, document)).Select(command => Mistake(command.Text, command.IsInBlock)).OfType<string>());

    // Behind the program's name, in blocks and in lines of text.
    private static IEnumerable<(string Text, bool IsInBlock)> Commands(string file)
    {
        bool isInBlock = false;
        foreach (string line in File.ReadLines(file))
        {
            if (line.TrimStart().StartsWith("```", StringComparison.Ordinal)) isInBlock = !isInBlock;
            IEnumerable<string> codes = isInBlock ? [line] : Code().Matches(line).Select(code => code.Groups[1].Value);
            foreach (string part in codes.SelectMany(code => Between().Split(Comment().Replace(code, ""))))
            {
                if (Command().Match(part) is { Success: true } command) yield return (command.Groups[1].Value, isInBlock);
            }
        }
    }

    // What stands in a line of text is often the name of a command alone, and "..." is what everybody adds.
    private static string? Mistake(string command, bool isInBlock)
    {
        string[] words = [.. CommandLineParser.SplitCommandLine(command)];
        if (words.Length == 0 || OfTheLauncher.Contains(words[0])) return null;
        ParseResult parsed = CommandLine.Parse([.. words.Where(word => word != "...")]);
        bool isStrange = parsed.UnmatchedTokens.Count > 0 && parsed.CommandResult.Command.TreatUnmatchedTokensAsErrors;
        bool isWrong = isInBlock && !words.Contains("...") ? parsed.Errors.Count > 0 : isStrange;
        return isWrong ? $"{command}: {CommandLineMistakes.Sentence(parsed)}" : null;
    }

    // Settings of the environment and another user may stand before the program, and its folder is anybody's.
    [GeneratedRegex(@"^\s*(?:[A-Z_]+=\S+ +|sudo +(?:-u +\S+ +)?)*(?:[\w./]*/)?ltx +([a-z-].*?)\s*$")]
    private static partial Regex Command();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\s+#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"&&|\||;|\s>|<\(|\)")]
    private static partial Regex Between();
}
