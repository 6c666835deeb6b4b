namespace Ltx.Training.Data;

/// <summary>How the files of a data set are named, by what is trained: the hosted trainers' conventions (lora-training.md, A1.5).</summary>
/// <param name="Kind">what is trained</param>
/// <param name="HasMask">each clip has a <c>_mask</c></param>
/// <param name="HasReference">each clip has a <c>_start</c> beside its <c>_end</c>, or a <c>_ref</c> beside a file of no suffix</param>
/// <param name="NeedsCaption">a clip without words teaches nothing</param>
internal sealed record DataSetLayout(TrainingKind Kind, bool HasMask, bool HasReference, bool NeedsCaption)
{
    private const string Mask = "_mask", Start = "_start", End = "_end", Ref = "_ref";

    private static readonly (string Suffix, ClipPart Part)[] Suffixes =
        [(Mask, ClipPart.Mask), (Start, ClipPart.Reference), (Ref, ClipPart.Reference), (End, ClipPart.Target)];

    /// <summary>What the hosted trainers call the kind.</summary>
    public string Name => TrainingKinds.NameOf(Kind);

    public static DataSetLayout Of(TrainingKind kind) => kind switch
    {
        TrainingKind.Inpaint => new(kind, HasMask: true, HasReference: false, NeedsCaption: false),
        TrainingKind.Outpaint => new(kind, HasMask: false, HasReference: false, NeedsCaption: false),
        TrainingKind.VideoToVideo => new(kind, HasMask: false, HasReference: true, NeedsCaption: false),
        TrainingKind.MaskedVideoToVideo => new(kind, HasMask: true, HasReference: true, NeedsCaption: false),
        TrainingKind.TextToVideo => new(kind, HasMask: false, HasReference: false, NeedsCaption: true),
        TrainingKind.ImageToVideo => new(kind, HasMask: false, HasReference: false, NeedsCaption: true),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown kind of training."),
    };

    /// <summary>Which clip a video or picture belongs to, and as what.</summary>
    /// <param name="stem">its name without the ending</param>
    /// <param name="stems">of all videos and pictures</param>
    /// <returns>no part where it is one of another kind of training</returns>
    public (string Clip, ClipPart? Part) Place(string stem, IReadOnlySet<string> stems)
    {
        foreach ((string suffix, ClipPart part) in Suffixes)
        {
            if (!stem.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) continue;
            string clip = stem[..^suffix.Length];
            if (clip.Length == 0 || clip.EndsWith('/')) continue;
            bool isMask = part == ClipPart.Mask;
            if (isMask ? HasMask : HasReference) return (clip, part);
            // A video that happens to be called so is a clip like any other. One that stands beside what it would belong to was made for another kind
            // of training, and nobody means to have masks or sources learned. Where clips need masks, those that are clips are known by theirs.
            string[] owners = [clip, clip + Start, clip + End];
            bool isOwned = owners.Any(owner => !owner.Equals(stem, StringComparison.OrdinalIgnoreCase) && stems.Contains(owner));
            return isOwned && (isMask || !HasMask) ? (clip, null) : (stem, ClipPart.Target);
        }
        return (stem, ClipPart.Target);
    }

    /// <summary>What a clip lacks without a mask or a reference, as the end of a sentence.</summary>
    public static string Missing(string clip, ClipPart part)
    {
        string name = clip[(clip.LastIndexOf('/') + 1)..];
        string Named(string suffix) => Quoted.Name(name + suffix);
        return part == ClipPart.Mask ? $"no mask: a picture or video {Named(Mask)} beside it"
            : $"no reference: a file {Named(Start)} beside its {Named(End)}, or {Named(Ref)} beside {Named("")}";
    }
}
