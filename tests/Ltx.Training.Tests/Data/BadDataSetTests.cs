using Ltx.Inference;
using Ltx.Training.Data;
using Ltx.Training.Preparation;
using Ltx.Training.Tests.Preparation;

namespace Ltx.Training.Tests.Data;

/// <summary>Data sets that cannot be trained with: one sentence each, and nothing left behind.</summary>
public sealed class BadDataSetTests
{
    private static readonly Dictionary<string, BadDataSet> Cases =
        BadArchives.All.Concat(BadFolders.All).Concat(BadClips.All).ToDictionary(set => set.Name);

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_data_set_is_refused_in_one_sentence_and_leaves_nothing(string name)
    {
        BadDataSet bad = Cases[name];
        using DataFolder folder = new();
        bad.Make(folder);
        if (bad.Zip is not null) File.WriteAllBytes(folder.Beside("data.zip"), bad.Zip());
        string[] before = folder.Names();

        InferenceException refused = Assert.ThrowsAny<InferenceException>(() => Prepare(bad, folder));

        Assert.Equal(bad.Sentence, refused.Message);
        Assert.True(bad.Sentence.Length < 300 && !bad.Sentence.Contains('\n', StringComparison.Ordinal), "That is no sentence.");
        // The fault is the data set's, but where the model's numbers are none.
        Assert.Equal(refused is DataSetException, refused.Fault == Fault.Input);
        // A clip that was prepared before its caption could not be is no waste.
        string kept = bad.Models.SpoilsCaptions ? "cache/clip-" : "cache";
        Assert.Equal(before, folder.Names().Where(left => left != "cache" && !left.StartsWith(kept, StringComparison.Ordinal)));
        Assert.True(bad.Models.SpoilsCaptions || !Directory.Exists(folder.Cache) || Directory.GetFileSystemEntries(folder.Cache).Length == 0);
    }

    [Fact]
    public void One_bad_clip_among_good_ones_is_dropped_with_its_reason()
    {
        FakeFilm film = new(), mask = new();
        using DataFolder folder = new();
        folder.Add("good.mp4", film.ToBytes()).Add("good_mask.png", mask.ToBytes()).Add("good.txt", "good")
            .Add("short.mp4", (film with { Frames = 5 }).ToBytes()).Add("short_mask.png", mask.ToBytes())
            .Add("broken.mp4", (film with { Damaged = 3 }).ToBytes()).Add("broken_mask.png", mask.ToBytes())
            .Add("full.mp4", film.ToBytes()).Add("full_mask.png", (mask with { White = [(64, 64)] }).ToBytes())
            .Add("bare.mp4", film.ToBytes()).Add("stray_mask.png", mask.ToBytes()).Add("notes.md");

        PreparedData data = Prepare(new BadDataSet("", "", _ => { }), folder);

        Assert.Equal("good", Assert.Single(data.Clips).Name);
        Assert.Equal(
            [
                "\"bare\": The clip has no mask: a picture or video \"bare_mask\" beside it.",
                "\"broken\": The clip is damaged or incomplete.",
                "\"full\": The mask is full: every square of 32x32 pixels is white by more than half, so nothing of the clip is given.",
                "\"notes.md\": The file is neither a video nor a picture nor a caption, by its ending.",
                "\"short\": The clip has 5 frames, and 9 are needed.",
                "\"stray_mask.png\": The mask belongs to no clip: \"stray\" has no target.",
            ],
            data.Refused.Select(refused => refused.ToString()));
        // Nor is anything prepared of those that were dropped.
        Assert.Equal(2, Directory.GetFiles(folder.Cache).Length);
    }

    private static PreparedData Prepare(BadDataSet bad, DataFolder folder)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        string files = folder.Files;
        if (bad.Zip is not null) DataSetArchive.Extract(folder.Beside("data.zip"), files = folder.Beside("unpacked"), bad.Limits, cancellation);
        DataSet data = DataSetReader.Read(files, bad.Kind, limits: bad.Limits);
        return new Preparer(bad.Models, new FakeMedia(), folder.Cache).Prepare(data, bad.Options, null, cancellation);
    }
}
