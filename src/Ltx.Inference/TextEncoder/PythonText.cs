namespace Ltx.Inference.TextEncoder;

/// <summary>What Python's <c>str</c> does otherwise than .NET's string.</summary>
internal static class PythonText
{
    /// <summary>Python's <c>str.strip()</c>: also takes the four information separators U+001C to U+001F for white space.</summary>
    public static string Strip(string text)
    {
        int begin = 0, end = text.Length;
        while (begin < end && IsSpace(text[begin])) begin++;
        while (end > begin && IsSpace(text[end - 1])) end--;
        return text[begin..end];
    }

    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001c' and <= '\u001f';
}
