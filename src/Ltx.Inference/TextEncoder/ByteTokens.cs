using System.Globalization;

namespace Ltx.Inference.TextEncoder;

/// <summary>Tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>: the UTF-8 bytes of characters that have no token of their own.</summary>
internal static class ByteTokens
{
    public static string Name(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    public static bool TryParse(string token, out byte value)
    {
        value = 0;
        return token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
