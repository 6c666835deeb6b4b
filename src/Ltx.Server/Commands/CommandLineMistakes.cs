using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Numerics;

namespace Ltx.Server.Commands;

/// <summary>What is wrong with a command line, all of it in one sentence, in the words of a person.</summary>
internal static class CommandLineMistakes
{
    // More than these are a list to read, and the help is a better one.
    private const int MostSuggestions = 3;

    public static string Sentence(ParseResult parsed)
    {
        List<string> strange = [.. Strange(parsed)], missing = [], wrong = [];
        foreach (ParseError error in parsed.Errors)
        {
            switch (error.SymbolResult)
            {
                case OptionResult { IdentifierToken: null } absent: missing.Add(absent.Option.Name); break;
                case ArgumentResult { Tokens.Count: 0 } absent: missing.Add($"<{absent.Argument.Name}>"); break;
                case OptionResult { Tokens.Count: 0 } bare: wrong.Add($"{bare.Option.Name} needs a value"); break;
                case OptionResult given: wrong.Add(Misread(given.Option.Name, given.Option, given.Option.ValueType, given.Tokens[^1].Value)); break;
                // Of an option that reads its value itself.
                case ArgumentResult { Parent: OptionResult { Option: var option } } given:
                    wrong.Add(Misread(option.Name, option, option.ValueType, given.Tokens[^1].Value));
                    break;
                case ArgumentResult { Argument: var argument } given:
                    wrong.Add(Misread($"<{argument.Name}>", argument, argument.ValueType, given.Tokens[^1].Value));
                    break;
                default: break;
            }
        }
        if (missing.Count > 0) wrong.Insert(0, $"{Listed(missing, "and")} {(missing.Count == 1 ? "is" : "are")} missing");
        return $"{string.Join("; ", strange.Concat(wrong))}; see {Path(parsed)} --help.";
    }

    /// <summary>For instance "a, b and c".</summary>
    public static string Listed(IReadOnlyList<string> words, string last) =>
        words.Count == 1 ? words[0] : $"{string.Join(", ", words.SkipLast(1))} {last} {words[^1]}";

    /// <summary>The command as it is typed.</summary>
    private static string Path(ParseResult parsed)
    {
        string path = "";
        for (SymbolResult? result = parsed.CommandResult; result is CommandResult { Command: var at }; result = result.Parent)
        {
            if (at is not RootCommand) path = $" {at.Name}{path}";
        }
        return $"ltx{path}";
    }

    private static IEnumerable<string> Strange(ParseResult parsed)
    {
        // Behind an option that there is not, its value is a stranger, too.
        List<string> typed = [.. parsed.UnmatchedTokens.Where(token => token.StartsWith('-'))];
        if (typed.Count == 0) typed = [.. parsed.UnmatchedTokens];
        if (typed.Count == 0) yield break;
        ILookup<string, string> similar = Similar(parsed);
        foreach (string token in typed.Distinct())
        {
            bool isOption = token.StartsWith('-');
            List<string> meant = [.. similar[token].Where(like => isOption ? like.StartsWith("--", StringComparison.Ordinal) : !like.StartsWith('-'))
                .Take(MostSuggestions)];
            string what = isOption ? "option" : parsed.CommandResult.Command.Subcommands.Count > 0 ? "command" : "place for";
            string name = isOption ? token.Split('=')[0] : token;
            yield return $"there is no {what} '{name}'{(meant.Count == 0 ? "" : $" (did you mean {Listed(meant, "or")}?)")}";
        }
    }

    // The library knows what is like what was typed, and tells it as text alone.
    private static ILookup<string, string> Similar(ParseResult parsed)
    {
        List<(string Typed, string Like)> found = [];
        if (parsed.Action is ParseErrorAction action)
        {
            action.ShowHelp = false;
            using StringWriter told = new();
            parsed.Invoke(new InvocationConfiguration { Output = told, Error = TextWriter.Null });
            string typed = "";
            foreach (string line in told.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (line.StartsWith('\'')) typed = line[1..line.LastIndexOf('\'')];
                else found.Add((typed, line));
            }
        }
        return found.ToLookup(pair => pair.Typed, pair => pair.Like);
    }

    private static string Misread(string name, Symbol symbol, Type type, string value) =>
        $"{name} is '{value}', and must be {Kind(symbol, type, value)}";

    private static string Kind(Symbol symbol, Type type, string value)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain.IsEnum) return Listed([.. Enum.GetNames(plain).Select(name => name.ToLowerInvariant())], "or");
        if (plain == typeof(int) || plain == typeof(long))
        {
            return BigInteger.TryParse(value, out _) ? $"a whole number of at most {(plain == typeof(int) ? int.MaxValue : long.MaxValue)}"
                : "a whole number";
        }
        if (plain == typeof(double)) return "a number";
        if (plain == typeof(bool)) return "true or false";
        List<string> choices = [.. symbol.GetCompletions(CompletionContext.Empty).Select(choice => choice.Label)];
        return choices.Count > 0 ? Listed(choices, "or") : "something else";
    }
}
