using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ltx.Server.Configuration;

/// <summary>
/// Words and expressions that a prompt may not hold. One a line of a text file: words, which match as whole words whatever their case and
/// whatever stands between them, or `/an expression/` of .NET's regular expressions without look-around and back references, whatever the
/// case; empty lines and lines that begin with # say nothing.
/// </summary>
internal sealed class PromptList
{
    private readonly List<(int Line, Func<string, bool> Matches)> entries = [];

    private PromptList()
    {
    }

    /// <param name="path">empty for an empty list</param>
    /// <param name="problems">takes a sentence for everything that is wrong with the file</param>
    public static PromptList Read(string path, List<string> problems)
    {
        PromptList list = new();
        if (path.Length == 0) return list;
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Add($"'{path}' cannot be read: {e.Message}");
            return list;
        }
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (line.Length > 2 && line[0] == '/' && line[^1] == '/') list.AddExpression(path, i + 1, line[1..^1], problems);
            else list.AddWords(path, i + 1, line, problems);
        }
        return list;
    }

    /// <summary>The line of the first entry that a text holds; null where it holds none.</summary>
    public int? Find(string text)
    {
        foreach ((int line, Func<string, bool> matches) in entries)
        {
            if (matches(text)) return line;
        }
        return null;
    }

    private void AddExpression(string path, int line, string pattern, List<string> problems)
    {
        try
        {
            // Without backtracking no text takes long.
            Regex expression = new(pattern, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
            entries.Add((line, expression.IsMatch));
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            problems.Add($"line {line} of '{path}' is not an expression that can be used: {e.Message}");
        }
    }

    private void AddWords(string path, int line, string words, List<string> problems)
    {
        string wanted = Words(words);
        if (wanted.Length > 1) entries.Add((line, text => Words(text).Contains(wanted, StringComparison.Ordinal)));
        else problems.Add($"line {line} of '{path}' has neither a letter nor a digit");
    }

    // " every word in capitals with a space around it "
    private static string Words(string text)
    {
        StringBuilder words = new(" ");
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark) words.Append(Rune.ToUpperInvariant(rune));
            // What cannot be seen does not part a word.
            else if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format && words[^1] != ' ') words.Append(' ');
        }
        if (words[^1] != ' ') words.Append(' ');
        return words.ToString();
    }
}
