using System.Security.Cryptography;
using Ltx.Training;
using Ltx.Training.Data;
using Ltx.Server.Tests.Support;
using Ltx.World.Judging;
using Ltx.World.Scenes;

namespace Ltx.Server.Tests.World;

/// <summary>The miniature's small world (tests/Ltx.World), which trainings and models are judged by.</summary>
public sealed class WorldTests
{
    private static readonly IReadOnlyList<Scene> Obeyed = [.. PromptObeyed.Scenes];

    [Fact]
    public void Scenes_of_the_lesson_of_bands_want_two_colours_each_that_the_miniature_does_not_paint_unasked()
    {
        IReadOnlyList<Scene> bands = Lessons.Band.Tests[0].Scenes, others = Lessons.Band.Tests[1].Scenes;
        Assert.Equal((Lesson.Scenes, Lesson.Scenes), (bands.Count, others.Count));
        Assert.DoesNotContain(bands.Concat(others), scene => scene.Wanted!.Colour.Name is "red" or "orange");
        Assert.All(bands.Zip(others), pair => Assert.NotEqual(pair.First.Wanted, pair.Second.Wanted));
        Assert.All(bands.Zip(others), pair => Assert.Equal(pair.First.Source(12)[^3..], pair.Second.Source(12)[^3..]));
    }

    [Fact]
    public void Scenes_are_drawn_alike_on_every_machine()
    {
        Scene scene = Worlds.Known(Worlds.Unseen), band = Worlds.Band(Worlds.Unseen);
        byte[] drawn = [.. scene.Source(0), .. scene.Target(12), .. scene.MaskFrame(24), .. scene.CellMask(8), .. band.Target(24)];
        Assert.Equal("F2FA584ABF4CC60054E190ECA548746A206C013165FB1F7D3BF046ABF29BFB42", Convert.ToHexString(SHA256.HashData(drawn)));
    }

    [Fact]
    public void The_sixteen_scenes_ask_for_every_colour_every_shape_and_nothing()
    {
        Assert.Equal(PromptObeyed.Count, Obeyed.Count);
        Assert.Equal(Palette.Known, Obeyed.Select(scene => scene.Wanted?.Colour).OfType<NamedColour>().Distinct().OrderBy(colour => Palette.Known.ToList().IndexOf(colour)));
        Assert.Equal(Shape.All, Obeyed.Select(scene => scene.Wanted?.Shape).OfType<ShapeKind>().Distinct().Order());
        Assert.Equal(2, Obeyed.Count(scene => scene.Wanted is null));
        Assert.Equal(Obeyed.Count - 1, Obeyed.Select(scene => scene.Prompt).Distinct().Count());
    }

    [Fact]
    public void The_judge_is_right_about_every_true_target()
    {
        foreach (Scene scene in Obeyed)
        {
            Reading reading = Reading.Of(scene.Target, scene);
            Assert.True(reading.Obeys(scene.Wanted), $"{scene.Prompt}: {reading}");
        }
    }

    [Fact]
    public void The_judge_sees_when_the_source_is_left_as_it_was_or_nothing_is_made()
    {
        foreach (Scene scene in Obeyed)
        {
            Reading source = Reading.Of(scene.Source, scene), empty = Reading.Of(scene.Empty, scene);
            Assert.True(source.Obeys(scene.Given), $"{scene.Prompt}, the source: {source}");
            Assert.False(source.Obeys(scene.Wanted), $"{scene.Prompt}, the source: {source}");
            Assert.Equal(scene.Wanted is null, empty.Obeys(scene.Wanted));
        }
    }

    [Fact]
    public void Of_the_wrong_shape_or_colour_nothing_obeys()
    {
        Scene scene = Obeyed.First(scene => scene.Wanted is not null);
        Subject wanted = scene.Wanted!;
        foreach (Subject other in Palette.Known.SelectMany(colour => Shape.All.Select(shape => new Subject(colour, shape))).Where(other => other != wanted))
        {
            Assert.False(Reading.Of((scene with { Wanted = other }).Target, scene).Obeys(wanted), other.Name);
        }
    }

    [Fact]
    public async Task The_trainer_takes_every_clip_of_the_data_sets()
    {
        foreach (Lesson lesson in Lessons.All)
        {
            using TempFolder folder = new();
            await lesson.WriteSetAsync(folder.Path, 2);
            DataSet set = DataSetReader.Read(folder.Path, TrainingKinds.Find(lesson.Name)!.Value);
            Assert.Equal(2, set.Clips.Count);
            Assert.Empty(set.Refused);
        }
    }
}
