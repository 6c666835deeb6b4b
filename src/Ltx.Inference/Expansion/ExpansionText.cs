using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Ltx.Inference.Expansion;

/// <summary>Makes one clean paragraph of what a chat model writes, and tells whether it is one.</summary>
internal static partial class ExpansionText
{
    // Somebody may say "very, very, very"; nobody says anything four times in a row, or three times if it is longer than a few words.
    private const int LongestLoop = 16, ShortLoop = 3, ShortLoopTimes = 4, LongLoopTimes = 3;

    // A text of so many words whose groups of four are mostly old ones has lost its way. Ordinary prose repeats one in fifty.
    private const int Group = 4, EnoughWords = 24;
    private const double FreshGroups = 0.6;

    // Prose has nine letters and spaces in ten characters.
    private const double LettersAndSpaces = 0.7;

    private static readonly (char Open, char Close)[] Quotes = [('"', '"'), ('\'', '\''), ('\u201C', '\u201D'), ('\u2018', '\u2019'), ('\u00AB', '\u00BB'), ('`', '`')];

    /// <summary>One paragraph without the wrapping that chat models put around their answers: announcements, markup, quotation marks.</summary>
    public static string Clean(string answer)
    {
        string text = answer.ReplaceLineEndings("\n").Trim();
        text = Fence().Replace(text, "");
        text = LineMark().Replace(text, "");
        text = Emphasis().Replace(text, "$2");
        text = Spaces().Replace(text, " ").Trim();
        for (string before = ""; before != text;)
        {
            before = text;
            text = Unquoted(Announcement().Replace(text, "", 1).Trim()).Trim();
        }
        return text;
    }

    /// <summary>The text up to the end of its last whole sentence; empty where none is whole.</summary>
    public static string WholeSentences(string text)
    {
        Match last = SentenceEnd().Match(text);
        return last.Success ? text[..(last.Index + last.Length)].TrimEnd() : "";
    }

    /// <summary>What is wrong with a cleaned text; null for nothing.</summary>
    public static ExpansionFault? Judge(string text)
    {
        if (text.Length == 0) return ExpansionFault.Empty;
        if (!IsText(text)) return ExpansionFault.NotText;
        if (Refusal().IsMatch(text)) return ExpansionFault.Refusal;
        string[] words = [.. Word().Matches(text).Select(match => match.Value.ToUpperInvariant())];
        return Loops(words) || IsStale(words) ? ExpansionFault.Repetition : null;
    }

    private static bool IsText(string text)
    {
        int pleasant = 0, all = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            // An unpaired surrogate is enumerated as the replacement character.
            if (rune == Rune.ReplacementChar) return false;
            switch (Rune.GetUnicodeCategory(rune))
            {
                case UnicodeCategory.Control or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate:
                    return false;
                case UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.SpaceSeparator:
                    pleasant++;
                    break;
                default:
                    if (Rune.IsLetter(rune)) pleasant++;
                    break;
            }
            all++;
        }
        // Tokens of the model's own that decoding does not know as special.
        return pleasant >= LettersAndSpaces * all && !ModelToken().IsMatch(text);
    }

    // Some words follow upon themselves again and again.
    private static bool Loops(string[] words)
    {
        for (int length = 1; length <= LongestLoop; length++)
        {
            int wanted = length * ((length <= ShortLoop ? ShortLoopTimes : LongLoopTimes) - 1), same = 0;
            for (int i = length; i < words.Length; i++)
            {
                same = words[i] == words[i - length] ? same + 1 : 0;
                if (same >= wanted) return true;
            }
        }
        return false;
    }

    private static bool IsStale(string[] words)
    {
        if (words.Length < EnoughWords) return false;
        int groups = words.Length - Group + 1;
        int distinct = Enumerable.Range(0, groups).Select(i => string.Join(' ', words, i, Group)).Distinct(StringComparer.Ordinal).Count();
        return distinct < FreshGroups * groups;
    }

    // Only marks that belong together, and nothing of the kind between: "A" and "B" keeps its own.
    private static string Unquoted(string text)
    {
        foreach ((char open, char close) in Quotes)
        {
            if (text.Length > 1 && text[0] == open && text[^1] == close && text.AsSpan(1, text.Length - 2).IndexOfAny(open, close) < 0) return text[1..^1];
        }
        return text;
    }

    [GeneratedRegex(@"^[ \t]*(?:```|~~~)[^\n]*$", RegexOptions.Multiline)]
    private static partial Regex Fence();

    // Headings, bullets, numbers and quotation at the beginning of a line.
    [GeneratedRegex(@"^[ \t]*(?:#{1,6}[ \t]+|[-*+\u2022>][ \t]+|\d{1,2}[.)][ \t]+)", RegexOptions.Multiline)]
    private static partial Regex LineMark();

    [GeneratedRegex(@"(\*\*\*|\*\*|\*|___|__|`)(?=\S)(.+?)(?<=\S)\1", RegexOptions.Singleline)]
    private static partial Regex Emphasis();

    // Format characters go with the spaces; other control characters stay, to be judged.
    [GeneratedRegex(@"[\s\u200B\u2060\uFEFF]+")]
    private static partial Regex Spaces();

    // "Sure! Here is the expanded prompt:", "Prompt:" and the like, at the very beginning.
    [GeneratedRegex(@"^(?:(?:sure|certainly|of course|okay|ok|absolutely|great)\b[^.!:,\n]{0,40}[.!:,]\s+(?=here\b|[""'\u201C*]|the (?:expanded |detailed |video )?prompt\s*:)|here(?:'s|\u2019s| is| are)\b[^.:\n]{0,80}:\s*|(?:(?:the|expanded|enhanced|detailed|final|video|inpainting|masked region)\s+){0,3}(?:prompt|description|paragraph|answer|output|response)\s*:\s*)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Announcement();

    [GeneratedRegex(@"^\W*(?:(?:i\W?a?m|i am) (?:so |very |really )?sorry|sorry\b|my apologies|i apologi[sz]e|(?:unfortunately,? )?i (?:cannot|can not|can\W?t|won\W?t|will not|am (?:unable|not able|not allowed)|do not|don\W?t)\b|(?:unfortunately,? )?i\Wm (?:unable|not able|not allowed)|as an? (?:ai|artificial|large language|language model|assistant)\b|this (?:request|prompt) (?:violates|goes against|cannot)|(?:please|could you) (?:provide|give|tell))", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Refusal();

    [GeneratedRegex(@"[.!?\u2026][""'\u201D\u2019)]*(?=\s|$)", RegexOptions.RightToLeft)]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"<(?:/?[a-z]+_of_[a-z]+|unused\d+|image_soft_token|/?[bse]os|pad|unk|mask)>|\[multimodal\]", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ModelToken();

    [GeneratedRegex(@"[\p{L}\p{M}\p{Nd}'\u2019-]+")]
    private static partial Regex Word();
}
