using Ltx.Training.Data;
using Ltx.Training.Tests.Preparation;

namespace Ltx.Training.Tests.Data;

/// <summary>Folders of which no clip can be used, by the names of the files alone.</summary>
internal static class BadFolders
{
    private const string NotOfKind = "The file is named as a mask or as one of a pair of \"a\", which";

    private const TrainingKind Text = TrainingKind.TextToVideo, Pairs = TrainingKind.VideoToVideo, Mask = TrainingKind.Inpaint;

    public static IEnumerable<BadDataSet> All =>
    [
        new("no folder", "The data set's folder does not exist.", folder => Directory.Delete(folder.Files)),
        new("no files", "The data set has no files.", _ => { }),
        new("too many files", "The data set has more than 3 files.", Files("a.mp4", "b.mp4", "c/d.mp4", "c/e.mp4"))
        {
            Limits = new DataSetLimits { MaxFiles = 3 },
        },
        new(
            "videos and pictures", "The data set mixes videos and pictures: \"a.mp4\" is a video and \"b.png\" a picture; train with one of the two.",
            Files("a.mp4", "a_mask.png", "b.png", "b_mask.png")),
        Clip(Mask, "no masks", "The clip has no mask: a picture or video \"a_mask\" beside it.", "a.mp4"),
        File(Mask, "a mask of no clip", "b_mask.png", "The mask belongs to no clip: \"b\" has no target.", "b_mask.png"),
        Clip(Mask, "two videos of one stem", "The clip has two files as its target: \"a.mov\" and \"a.mp4\".", "a.mp4", "a.mov", "a_mask.png"),
        Clip(Mask, "two masks", "The clip has two files as its mask: \"a_mask.mp4\" and \"a_mask.png\".", "a.mp4", "a_mask.mp4", "a_mask.png"),
        File(Mask, "nothing but other files", "list.csv", "The file is neither a video nor a picture nor a caption, by its ending.", "list.csv"),
        Clip(Text, "no caption", "The clip has no caption, and there is no trigger phrase: t2v learns what words mean.", "a.mp4"),
        Clip(
            TrainingKind.ImageToVideo, "an empty caption",
            "The clip has an empty caption, and there is no trigger phrase: i2v learns what words mean.", "a.mp4", "a.txt"),
        File(Text, "a caption of no clip", "a.txt", "The caption belongs to no clip: \"a\" has no target.", "a.txt"),
        Caption("a caption that is no text", "The caption is not text in UTF-8.", path => System.IO.File.WriteAllBytes(path, [0xC3, 0x28])),
        Caption(
            "a caption that is a book", "The caption has 65537 bytes, and at most 65536 are read.",
            path => System.IO.File.WriteAllText(path, new string('a', 65537))),
        Caption("a caption that leads nowhere", "The caption cannot be read.", path => System.IO.File.CreateSymbolicLink(path, "nowhere")),
        Clip(Pairs, "no reference", "The clip has no reference: a file \"a_start\" beside its \"a_end\", or \"a_ref\" beside \"a\".", "a_end.mp4"),
        File(Pairs, "a reference alone", "a_start.mp4", "The reference belongs to no clip: \"a\" has no target.", "a_start.mp4"),
        Clip(
            Pairs, "a reference of another kind", "The clip is a video and its reference a picture; both must be of one kind.", "a.mp4", "a_ref.png"),
        File(Pairs, "masks where none are used", "a_mask.mp4, the first of 2", $"{NotOfKind} v2v does not have.", "a_mask.mp4", "a_start.mp4"),
        File(Text, "pairs where none are used", "a_end.mp4, the first of 2", $"{NotOfKind} t2v does not have.", "a_start.mp4", "a_end.mp4"),
        File(Text, "masks beside clips of words", "a_mask.mp4", $"{NotOfKind} t2v does not have.", "a_mask.mp4", "a.mp4") with
        {
            Sentence = Nothing("a, the first of 2", "The clip has no caption, and there is no trigger phrase: t2v learns what words mean."),
        },
        new("a folder that leads elsewhere", Nothing("more", "The folder is a link to another one, and is not followed."), LinkToItself),
    ];

    /// <summary>What is said where all that there was has been refused.</summary>
    /// <param name="first">the name of the first, and of how many it is that</param>
    /// <param name="reason">why that</param>
    public static string Nothing(string first, string reason)
    {
        string[] parts = first.Split(", ");
        string of = parts.Length > 1 ? $", {parts[1]}" : "";
        return $"No clip of the data set can be used; for \"{parts[0]}\"{of}, {char.ToLowerInvariant(reason[0])}{reason[1..]}";
    }

    private static BadDataSet Clip(TrainingKind kind, string name, string reason, params string[] files) => File(kind, name, "a", reason, files);

    private static BadDataSet File(TrainingKind kind, string name, string refused, string reason, params string[] files) =>
        new(name, Nothing(refused, reason), Files(files)) { Kind = kind };

    private static BadDataSet Caption(string name, string reason, Action<string> write) =>
        new(name, Nothing("a", reason), folder => write(Path.Combine(folder.Add("a.mp4").Files, "a.txt"))) { Kind = Text };

    private static Action<DataFolder> Files(params string[] files) => folder =>
    {
        foreach (string file in files) folder.Add(file, file.EndsWith(".txt", StringComparison.Ordinal) ? "" : new FakeFilm().ToText());
    };

    private static void LinkToItself(DataFolder folder) => Directory.CreateSymbolicLink(Path.Combine(folder.Files, "more"), folder.Files);
}
