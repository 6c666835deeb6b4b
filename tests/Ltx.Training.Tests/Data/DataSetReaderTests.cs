using Ltx.Training.Data;

namespace Ltx.Training.Tests.Data;

/// <summary>Which files are which clip. What cannot be used: BadDataSetTests.</summary>
public sealed class DataSetReaderTests : IDisposable
{
    private readonly DataFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Inpainting_has_a_mask_of_any_kind_beside_each_clip_and_perhaps_a_caption()
    {
        Add("dog.mp4", "dog_mask.png", "cat.MOV", "cat_MASK.webm", "the_start.mkv", "the_start_mask.jpeg");
        folder.Add("dog.txt", "\uFEFF a dog \r\n");

        DataSet data = DataSetReader.Read(folder.Files, TrainingKind.Inpaint);

        Assert.Empty(data.Refused);
        Assert.Equal(
            ["cat: cat.MOV, cat_MASK.webm, -, ''", "dog: dog.mp4, dog_mask.png, -, 'a dog'", "the_start: the_start.mkv, the_start_mask.jpeg, -, ''"],
            data.Clips.Select(Told));
        Assert.Equal(["The clip has no caption; it is trained without words."], data.Clips[0].Notes);
        Assert.Empty(data.Clips[1].Notes);
    }

    [Fact]
    public void Equal_names_in_different_folders_are_different_clips()
    {
        Add("a.mp4", "a_mask.png", "one/a.mp4", "one/a_mask.png", "one/two/a.mp4", "one/two/a_mask.png");

        DataSet data = DataSetReader.Read(folder.Files, TrainingKind.Inpaint);

        Assert.Equal(
            ["a: a.mp4, a_mask.png, -, ''", "one/a: one/a.mp4, one/a_mask.png, -, ''", "one/two/a: one/two/a.mp4, one/two/a_mask.png, -, ''"],
            data.Clips.Select(Told));
    }

    [Fact]
    public void A_clip_is_made_from_a_start_or_from_a_ref()
    {
        Add("a_start.mp4", "a_end.mp4", "b_ref.mov", "b.mp4", "c/d_start.mp4", "c/d_end.mkv");
        folder.Add("a.txt", "made red");

        DataSet data = DataSetReader.Read(folder.Files, TrainingKind.VideoToVideo);

        Assert.Equal(
            ["a: a_end.mp4, -, a_start.mp4, 'made red'", "b: b.mp4, -, b_ref.mov, ''", "c/d: c/d_end.mkv, -, c/d_start.mp4, ''"],
            data.Clips.Select(Told));
    }

    [Fact]
    public void Masked_pairs_have_three_files()
    {
        Add("a_start.mp4", "a_end.mp4", "a_mask.mp4", "b_ref.mp4", "b.mp4", "b_mask.png");

        DataSet data = DataSetReader.Read(folder.Files, TrainingKind.MaskedVideoToVideo);

        Assert.Equal(["a: a_end.mp4, a_mask.mp4, a_start.mp4, ''", "b: b.mp4, b_mask.png, b_ref.mp4, ''"], data.Clips.Select(Told));
    }

    [Theory]
    [InlineData(TrainingKind.TextToVideo)]
    [InlineData(TrainingKind.ImageToVideo)]
    [InlineData(TrainingKind.Outpaint)]
    public void Other_kinds_have_a_clip_and_its_caption_whatever_it_is_called(TrainingKind kind)
    {
        Add("a.mp4", "the_end.mp4", "gas_mask.avi");
        folder.Add("a.txt", "one").Add("the_end.txt", "two").Add("gas_mask.txt", "three");

        DataSet data = DataSetReader.Read(folder.Files, kind);

        Assert.Empty(data.Refused);
        Assert.Equal(
            ["a: a.mp4, -, -, 'one'", "gas_mask: gas_mask.avi, -, -, 'three'", "the_end: the_end.mp4, -, -, 'two'"], data.Clips.Select(Told));
    }

    [Fact]
    public void Pictures_may_be_clips_where_all_are()
    {
        Add("a.png", "a_mask.png", "b.webp", "b_mask.mp4");

        DataSet data = DataSetReader.Read(folder.Files, TrainingKind.Inpaint);

        Assert.All(data.Clips, clip => Assert.True(clip.IsPicture));
        Assert.Equal(2, data.Clips.Count);
    }

    [Theory]
    [InlineData("a dog", " SKS ", "SKS a dog")]
    [InlineData("a dog", " ", "a dog")]
    [InlineData("", "SKS", "SKS")]
    public void The_trigger_phrase_stands_in_front_of_the_caption_or_for_it(string caption, string trigger, string prompt)
    {
        Add("a.mp4");
        folder.Add("a.txt", caption);

        DataSet data = DataSetReader.Read(folder.Files, TrainingKind.TextToVideo, trigger);

        DataSetClip clip = Assert.Single(data.Clips);
        Assert.Equal(prompt, clip.Caption);
        Assert.Equal(caption.Length > 0 ? [] : ["The clip has an empty caption; the trigger phrase stands for it."], clip.Notes);
    }

    [Fact]
    public void What_systems_leave_is_passed_over_without_a_word()
    {
        Add("a.mp4", ".DS_Store", "._a.mp4", "__MACOSX/._a.mp4", "__MACOSX/a.mp4", "Thumbs.db", "b/desktop.ini", ".git/c.mp4");
        folder.Add("a.txt", "a");

        DataSet data = DataSetReader.Read(folder.Files, TrainingKind.TextToVideo);

        Assert.Empty(data.Refused);
        Assert.Equal("a", Assert.Single(data.Clips).Name);
    }

    private void Add(params string[] names)
    {
        foreach (string name in names) folder.Add(name);
    }

    private string Told(DataSetClip clip)
    {
        string Name(string? path) => path is null ? "-" : Path.GetRelativePath(folder.Files, path);
        return $"{clip.Name}: {Name(clip.Target)}, {Name(clip.Mask)}, {Name(clip.Reference)}, '{clip.Caption}'";
    }
}
