namespace Ltx.Training.Data;

/// <summary>Finds the clips of a data set by the names of its files.</summary>
internal static class DataSetReader
{
    /// <param name="folder">with the files; those in folders in it belong to it, and equal names in different folders are different clips</param>
    /// <param name="kind">what is trained, which says how files are named</param>
    /// <param name="trigger">a phrase in front of every caption; empty for none</param>
    /// <param name="limits">null for the defaults</param>
    /// <exception cref="DataSetException">No clip can be used, or the data set cannot be as a whole.</exception>
    public static DataSet Read(string folder, TrainingKind kind, string trigger = "", DataSetLimits? limits = null)
    {
        limits ??= DataSetLimits.Default;
        DataSetLayout layout = DataSetLayout.Of(kind);
        List<DataSetRefusal> refused = [];
        List<ClipFile> files = DataSetFolder.Files(folder, limits, refused);
        CaptionReader captions = new(trigger, layout, limits);
        List<(DataSetClip Clip, ClipFile Target)> clips = [];
        foreach ((string name, ILookup<ClipPart, ClipFile> parts) in Clips(files, layout, refused))
        {
            try
            {
                clips.Add((Judge(name, parts, layout, captions), parts[ClipPart.Target].Single()));
            }
            catch (DataSetException e)
            {
                refused.Add(new DataSetRefusal(name, e.Message));
            }
        }
        refused.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        if (clips.Count == 0) throw refused.Count > 0 ? DataSetException.NothingLeft(refused) : new DataSetException("The data set has no files.");
        RequireOneKind(clips.ConvertAll(clip => clip.Target));
        return new DataSet(kind, clips.ConvertAll(clip => clip.Clip), refused);
    }

    // What belongs to no clip is refused here; each clip has at least one target.
    private static List<(string Name, ILookup<ClipPart, ClipFile> Parts)> Clips(
        List<ClipFile> files, DataSetLayout layout, List<DataSetRefusal> refused)
    {
        HashSet<string> stems = new(files.Where(file => file.IsMedia).Select(file => file.Stem), StringComparer.OrdinalIgnoreCase);
        List<(string Clip, ClipPart Part, ClipFile File)> placed = [];
        foreach (ClipFile file in files)
        {
            (string clip, ClipPart? part) = file.IsText ? (file.Stem, ClipPart.Caption) : layout.Place(file.Stem, stems);
            if (!file.IsMedia && !file.IsText) Refuse(file, "The file is neither a video nor a picture nor a caption, by its ending.");
            else if (part is { } known) placed.Add((clip, known, file));
            else Refuse(file, $"The file is named as a mask or as one of a pair of {Quoted.Name(clip)}, which {layout.Name} does not have.");
        }
        List<(string, ILookup<ClipPart, ClipFile>)> clips = [];
        foreach (var group in placed.GroupBy(file => file.Clip, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            ILookup<ClipPart, ClipFile> parts = group.ToLookup(file => file.Part, file => file.File);
            if (parts.Contains(ClipPart.Target))
            {
                clips.Add((group.Key, parts));
                continue;
            }
            foreach (var stray in group) Refuse(stray.File, $"The {Word(stray.Part)} belongs to no clip: {Quoted.Name(group.Key)} has no target.");
        }
        return clips;

        void Refuse(ClipFile file, string reason) => refused.Add(new DataSetRefusal(file.Name, reason));
    }

    private static DataSetClip Judge(string name, ILookup<ClipPart, ClipFile> parts, DataSetLayout layout, CaptionReader captions)
    {
        foreach (IGrouping<ClipPart, ClipFile> part in parts)
        {
            if (part.ToList() is not [var one, var other, ..]) continue;
            throw new DataSetException($"The clip has two files as its {Word(part.Key)}: {Quoted.Name(one.Name)} and {Quoted.Name(other.Name)}.");
        }
        ClipFile target = parts[ClipPart.Target].Single();
        ClipFile? reference = Needed(layout.HasReference, ClipPart.Reference), mask = Needed(layout.HasMask, ClipPart.Mask);
        if (reference is not null && reference.IsPicture != target.IsPicture)
        {
            throw new DataSetException($"The clip is a {target.Kind} and its reference a {reference.Kind}; both must be of one kind.");
        }
        (string prompt, string? note) = captions.Read(parts[ClipPart.Caption].SingleOrDefault());
        return new DataSetClip(name, target.Path, target.IsPicture, prompt)
        {
            Mask = mask?.Path,
            Reference = reference?.Path,
            Notes = note is null ? [] : [note],
        };

        ClipFile? Needed(bool isNeeded, ClipPart part) =>
            !isNeeded ? null : parts[part].SingleOrDefault() ?? throw new DataSetException($"The clip has {DataSetLayout.Missing(name, part)}.");
    }

    private static string Word(ClipPart part) => part.ToString().ToLowerInvariant();

    // As the hosted trainers want it: pictures are clips of one frame, and whoever mixes both would have one or the other dropped.
    private static void RequireOneKind(List<ClipFile> targets)
    {
        ClipFile one = targets[0];
        if (targets.Find(file => file.IsPicture != one.IsPicture) is not { } other) return;
        string both = $"{Quoted.Name(one.Name)} is a {one.Kind} and {Quoted.Name(other.Name)} a {other.Kind}";
        throw new DataSetException($"The data set mixes videos and pictures: {both}; train with one of the two.");
    }
}
