using System.Text;
using Ltx.Inference;

namespace Ltx.Server.Comparing;

/// <summary>A file of comma-separated values whose first line names the columns, in any order and writing. Fields may be quoted.</summary>
/// <param name="Head">the columns' names in small letters</param>
/// <param name="Rows">as many fields each</param>
internal sealed record CsvFile(IReadOnlyList<string> Head, IReadOnlyList<string[]> Rows)
{
    /// <param name="option">that the file was given with, for what is said of it</param>
    /// <param name="file">its path</param>
    /// <param name="needed">columns that must be there</param>
    public static CsvFile Read(string option, string file, params ReadOnlySpan<string> needed)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Wrong($"{option}: {file} cannot be read: {e.Message}");
        }
        List<string[]> rows = [.. lines.Where(line => line.Trim().Length > 0).Select(Fields)];
        string[] head = rows.Count == 0 ? [] : [.. rows[0].Select(field => field.Trim().ToLowerInvariant())];
        string all = needed.Length == 1 ? needed[0] : $"{string.Join(", ", needed[..^1].ToArray())} and {needed[^1]}";
        foreach (string name in needed)
        {
            if (!head.Contains(name)) throw Wrong($"{option}: {file} has no column \"{name}\" in its first line; {all} are needed.");
        }
        if (rows.Count == 1) throw Wrong($"{option}: {file} names no clip.");
        foreach ((int i, string[] row) in rows.Index())
        {
            if (row.Length != head.Length)
            {
                throw Wrong($"{option}: line {i + 1} of {file} has {row.Length} fields, and the first line {head.Length}.");
            }
        }
        return new CsvFile(head, rows[1..]);
    }

    /// <summary>A field of a row by its column; null where there is no such column.</summary>
    public string? Field(string[] row, string column)
    {
        int index = Head.ToList().IndexOf(column);
        return index < 0 ? null : row[index];
    }

    private static InferenceException Wrong(string sentence) => new(Fault.Input, sentence);

    // A quoted field may hold commas, and quotes that are doubled.
    private static string[] Fields(string line)
    {
        List<string> fields = [];
        StringBuilder field = new();
        bool isQuoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && isQuoted && i + 1 < line.Length && line[i + 1] == '"') field.Append(line[++i]);
            else if (line[i] == '"') isQuoted = !isQuoted;
            else if (line[i] == ',' && !isQuoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else field.Append(line[i]);
        }
        fields.Add(field.ToString());
        return [.. fields];
    }
}
