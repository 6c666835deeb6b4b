namespace Ltx.Server.Comparing;

/// <summary>One clip of a comparison.</summary>
/// <param name="Name">for the sheet and the names of files</param>
internal sealed record ComparedClip(string Name, string Video, string Mask, string Prompt)
{
    /// <summary>Reads a CSV file with the columns video, mask and prompt; paths are relative to it.</summary>
    public static List<ComparedClip> Read(string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        CsvFile clips = CsvFile.Read("--clips", file, "video", "mask", "prompt");
        return [.. clips.Rows.Select((row, i) => new ComparedClip(
            $"{i + 1:00}", Path.Combine(folder, clips.Field(row, "video")!.Trim()), Path.Combine(folder, clips.Field(row, "mask")!.Trim()),
                clips.Field(row, "prompt")!))];
    }
}
