namespace Ltx.Training.Data;

/// <summary>Names that strangers chose, as they stand in sentences.</summary>
internal static class Quoted
{
    private const int Longest = 120;

    /// <summary>In quotation marks, on one line, not longer than a line.</summary>
    public static string Name(string name)
    {
        string shown = name.Length <= Longest ? name : $"...{name[^Longest..]}";
        return $"\"{string.Concat(shown.Select(character => char.IsControl(character) || char.IsSurrogate(character) ? '?' : character))}\"";
    }
}
