using System.Text;

namespace Ltx.Training.Data;

/// <summary>What an entry of an archive is called, by whoever made it: a path from the archive's folder on, or an attempt to leave it.</summary>
internal static class ArchiveEntryName
{
    // Of any file system that we may unpack onto: bytes of a name, folders within folders.
    private const int LongestPart = 200, Deepest = 16;

    private static readonly char[] Separators = ['/', '\\'];

    /// <summary>A folder's name ends like the beginning of a file's in it.</summary>
    public static bool IsFolder(string name) => name.EndsWith('/') || name.EndsWith('\\');

    /// <summary>Its folders and its own name. Both kinds of slash part them: archives made on Windows may have either.</summary>
    /// <exception cref="DataSetException">It leads out of the folder that it is unpacked into, or cannot be a name there.</exception>
    public static string[] Parts(string name)
    {
        bool hasDrive = name.Length > 1 && char.IsAsciiLetter(name[0]) && name[1] == ':';
        if (name.Length == 0 || hasDrive || Separators.Contains(name[0])) throw Outside(name);
        string[] parts = [.. name.Split(Separators).Where(part => part is not ("" or "."))];
        if (parts.Contains("..")) throw Outside(name);
        bool canBe = parts.Length <= Deepest && !name.Any(char.IsControl) && parts.All(CanBe);
        return canBe ? parts : throw new DataSetException($"{Quoted.Name(name)} of the archive is no name that a file can have here.");
    }

    public static DataSetException Outside(string name) =>
        new($"{Quoted.Name(name)} of the archive would lie outside the folder that it is unpacked into.");

    private static bool CanBe(string part) => Encoding.UTF8.GetByteCount(part) <= LongestPart && part.IndexOfAny(Path.GetInvalidFileNameChars()) < 0;
}
