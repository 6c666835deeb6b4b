using Ltx.Inference;

namespace Ltx.Server.Comparing;

/// <summary>One clip of a comparison.</summary>
/// <param name="Name">for the sheet and the names of files</param>
internal sealed record ComparedClip(string Name, string Video, string Mask, string Prompt)
{
    /// <summary>Reads a CSV file with the columns video, mask and prompt, in any order; paths are relative to it, and fields may be quoted.</summary>
    public static List<ComparedClip> Read(string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        string[] lines;
        try
        {
            lines = File.ReadAllLines(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InferenceException(Fault.Input, $"--clips: {file} cannot be read: {e.Message}");
        }
        List<string[]> rows = [.. lines.Where(line => line.Trim().Length > 0).Select(Fields)];
        string[] head = rows.Count == 0 ? [] : [.. rows[0].Select(field => field.Trim().ToLowerInvariant())];
        int Column(string name) => Array.IndexOf(head, name) is >= 0 and var column ? column : throw new InferenceException(Fault.Input, $"--clips: {file} has no column \"{name}\" in its first line; video, mask and prompt are needed.");
        (int video, int mask, int prompt) = (Column("video"), Column("mask"), Column("prompt"));
        if (rows.Count == 1) throw new InferenceException(Fault.Input, $"--clips: {file} names no clip.");
        return [.. rows.Skip(1).Select((row, i) => row.Length == head.Length
            ? new ComparedClip($"{i + 1:00}", Path.Combine(folder, row[video].Trim()), Path.Combine(folder, row[mask].Trim()), row[prompt])
            : throw new InferenceException(Fault.Input, $"--clips: line {i + 2} of {file} has {row.Length} fields, and the first line {head.Length}."))];
    }

    // A quoted field may hold commas, and quotes that are doubled.
    private static string[] Fields(string line)
    {
        List<string> fields = [];
        System.Text.StringBuilder field = new();
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
