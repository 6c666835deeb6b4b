namespace Ltx.Training.Data;

/// <summary>A file of a data set, known by its name.</summary>
/// <param name="Name">from the data set's folder on, with slashes</param>
/// <param name="Path">the full path</param>
internal sealed record ClipFile(string Name, string Path)
{
    // lora-training.md, A1.5: what the hosted trainers take.
    private static readonly HashSet<string> Videos = new(StringComparer.OrdinalIgnoreCase) { ".mp4", ".mov", ".webm", ".mkv", ".avi" };

    private static readonly HashSet<string> Pictures = new(StringComparer.OrdinalIgnoreCase) { ".png", ".jpg", ".jpeg", ".bmp", ".webp" };

    private string Ending => System.IO.Path.GetExtension(Name);

    /// <summary>The name without its ending.</summary>
    public string Stem => Name[..^Ending.Length];

    public bool IsPicture => Pictures.Contains(Ending);

    public bool IsMedia => IsPicture || Videos.Contains(Ending);

    public bool IsText => Ending.Equals(".txt", StringComparison.OrdinalIgnoreCase);

    /// <summary>"the video" or "the picture".</summary>
    public string Kind => IsPicture ? "picture" : "video";
}
