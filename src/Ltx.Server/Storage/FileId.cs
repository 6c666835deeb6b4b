using System.Security.Cryptography;

namespace Ltx.Server.Storage;

/// <summary>The id that names a file of ours in its URL and on the disk: 128 random bits in hex.</summary>
internal static class FileId
{
    public static string New() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    public static bool Is(string text) => text.Length == 32 && text.All(char.IsAsciiHexDigitLower);
}
