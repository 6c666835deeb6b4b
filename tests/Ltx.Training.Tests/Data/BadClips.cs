using Ltx.Training.Preparation;
using Ltx.Training.Tests.Preparation;

namespace Ltx.Training.Tests.Data;

/// <summary>Data sets of one clip, named as it should be, whose files cannot be used.</summary>
internal static class BadClips
{
    private const string Empty = "The mask is empty: no square of 32x32 pixels is white by more than half, so there is nothing to learn.";

    private const string NotFinite = "gave numbers that are not finite for \"a\"; the weights or the numeric type are not fit for it.";

    private static readonly FakeFilm Film = new();

    public static IEnumerable<BadDataSet> All =>
    [
        Clip("a file that is no video", "The clip is not a video or picture of a known format.", null),
        Clip("a video that is a picture", "The clip is named as a video and is a picture.", FakeFilm.Picture()),
        new(
            "a picture where frames are asked for",
            BadFolders.Nothing("a", "The clip is a picture, and clips of 9 frames are asked for; pictures are clips of one."),
            folder => folder.Add("a.png", FakeFilm.Picture().ToBytes()).Add("a_mask.png", Film.ToBytes())),
        Clip("a clip that is too short", "The clip has 7 frames, and 9 are needed.", Film with { Frames = 7 }),
        Clip("a clip that is shorter than it says", "The clip has 8 frames, and 9 are needed.", Film with { Real = 8 }),
        Clip("a short clip that does not say so", "The clip has 3 frames, and 9 are needed.", Film with { Frames = null, Real = 3 }),
        Clip("a video that breaks off", "The clip is damaged or incomplete.", Film with { Damaged = 5 }),
        Mask("a mask that is no picture", "The mask is not a video or picture of a known format.", null),
        Mask("a mask that breaks off", "The mask is damaged or incomplete.", Film with { Damaged = 5 }),
        Mask("an empty mask", Empty, Film with { White = [(0, 0)] }),
        Mask("a mask of strokes that are thinner than half a cell", Empty, Film with { White = [(16, 64)] }),
        Mask(
            "a full mask", "The mask is full: every square of 32x32 pixels is white by more than half, so nothing of the clip is given.",
            Film with { White = [(64, 64)] }),
        Reference("a reference that is too short", "The reference has 4 frames, and 9 are needed.", Film with { Frames = 4 }),
        Reference("a reference that breaks off", "The reference is damaged or incomplete.", Film with { Damaged = 2 }),
        Reference(
            "a reference of another shape", "The reference is 64x32 pixels and the clip 64x64; both must have one shape.", Film with { Height = 32 }),
        Reference(
            "a reference that is a picture", "The clip is a video and its reference a picture; both must be of one kind.", FakeFilm.Picture()),
        Scaled(
            "time that cannot be scaled", "The clip does not say how long it is, so its time cannot be scaled.",
            Film with { Frames = null, Real = 9 }),
        Scaled("time that is too short to be scaled", "The clip has 1 frame, too few to be scaled to 97.", Film with { Frames = 1 }),
        Spoilt("clips that become no numbers", $"The video encoder {NotFinite}", new FakeModels { SpoilsClips = true }),
        Spoilt("captions that become no numbers", $"The text encoder {NotFinite}", new FakeModels { SpoilsCaptions = true }),
    ];

    private static BadDataSet Clip(string name, string reason, FakeFilm? film) => Films(name, BadFolders.Nothing("a", reason), film, Film);

    private static BadDataSet Mask(string name, string reason, FakeFilm? mask) => Films(name, BadFolders.Nothing("a", reason), Film, mask);

    private static BadDataSet Scaled(string name, string reason, FakeFilm film) =>
        Clip(name, reason, film) with { Options = new PreparationOptions([new(97, 64, 64)]) { ScalesTime = true } };

    private static BadDataSet Spoilt(string name, string sentence, FakeModels models) => Films(name, sentence, Film, Film) with { Models = models };

    private static BadDataSet Reference(string name, string reason, FakeFilm reference) => new(
        name, BadFolders.Nothing("a", reason), folder => folder.Add("a_end.mp4", Film.ToBytes()).Add("a_start.mp4", reference.ToBytes()))
    {
        Kind = TrainingKind.VideoToVideo,
    };

    private static BadDataSet Films(string name, string sentence, FakeFilm? film, FakeFilm? mask)
    {
        string Text(FakeFilm? one) => one?.ToText() ?? "no film";
        return new BadDataSet(name, sentence, folder => folder.Add("a.mp4", Text(film)).Add("a_mask.mp4", Text(mask)).Add("a.txt", "words"));
    }
}
