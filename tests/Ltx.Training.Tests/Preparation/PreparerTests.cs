using Ltx.Inference.Latents;
using Ltx.Inference.Native;
using Ltx.Training.Data;
using Ltx.Training.Preparation;
using Ltx.Training.Tests.Data;
using static TorchSharp.torch;

namespace Ltx.Training.Tests.Preparation;

/// <summary>What becomes of clips, with models and films that cost nothing.</summary>
[Collection(Alone.Name)]
public sealed class PreparerTests : IDisposable
{
    private static readonly FakeFilm Film = new(), Mask = new() { White = [(32, 32), (32, 32), (64, 32), (32, 32)] };

    private static readonly PreparationOptions Options = new([new PixelShape(9, 64, 64)]);

    private readonly DataFolder folder = new();
    private readonly FakeModels models = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_clip_becomes_what_a_step_takes()
    {
        Inpainting("a", Film with { Frames = 20 });

        PreparedData data = Prepare();

        PreparedClip clip = Assert.Single(data.Clips);
        Assert.Equal(("a", "words of a", new PixelShape(9, 64, 64)), (clip.Name, clip.Caption, clip.Size));
        Assert.Equal(["The clip has 20 frames; what is used of it ends after 9 frames."], clip.Notes);
        ISampleSource samples = data.Samples(CPU, ScalarType.Float32);
        Assert.Equal(1, samples.Count);
        using TrainingSample sample = samples.Read(0);
        using Tensor expected = Latent(Film);
        Assert.True(sample.Latent.equal(expected).all().item<bool>());
        Assert.Equal(24, sample.FramesPerSecond);
        Assert.Equal("words of a ".Select(letter => (float)letter), sample.Context.ToArray<float>());
        // The first frame has one white cell, and the third, which is of the second group, two.
        Assert.Equal([1, 2, 2, 2], sample.Keep!.shape);
        Assert.Equal([false, true, true, true, false, false, true, true], sample.Keep.ToArray<bool>());
        Assert.Null(sample.Reference);
    }

    [Fact]
    public void A_reference_goes_the_same_way_and_may_be_smaller_and_have_fewer_frames()
    {
        FakeFilm target = Film with { Width = 192, Height = 128, Frames = 33, Rate = 30 };
        FakeFilm reference = target with { Width = 96, Height = 64, Seed = 9 };
        folder.Add("a_end.mp4", target.ToBytes()).Add("a_start.mp4", reference.ToBytes());
        PreparationOptions options = new([new PixelShape(17, 128, 128)], 30) { Reference = new ReferenceScale(Spatial: 2, Temporal: 2) };

        PreparedData data = Prepare(options, TrainingKind.VideoToVideo);

        using TrainingSample sample = data.Samples(CPU, ScalarType.Float32).Read(0);
        Assert.Equal(["clip 1x3x17x128x128", "clip 1x3x9x64x64"], models.Log.Where(line => line.StartsWith("clip", StringComparison.Ordinal)));
        Assert.Equal([1, 3, 3, 4, 4], sample.Latent.shape);
        Assert.Equal([1, 3, 2, 2, 2], sample.Reference!.Latent.shape);
        Assert.Equal((30, 15), (sample.FramesPerSecond, sample.Reference.FramesPerSecond));
        // Of 192x128 the middle 128x128 is taken, and of 96x64 the middle 64x64: frames 0, 1, 3, 5, ...
        using Tensor expected = Latent(reference, [0, 1, 3, 5, 7, 9, 11, 13, 15], left: 16);
        Assert.True(sample.Reference.Latent.equal(expected).all().item<bool>());
    }

    [Fact]
    public void A_picture_is_a_clip_of_one_frame()
    {
        folder.Add("a.png", FakeFilm.Picture().ToBytes()).Add("a_mask.mp4", Mask.ToBytes());

        PreparedData data = Prepare(new([new PixelShape(1, 64, 64)]));

        using TrainingSample sample = data.Samples(CPU, ScalarType.Float32).Read(0);
        Assert.Equal([1, 3, 1, 2, 2], sample.Latent.shape);
        Assert.Equal([false, true, true, true], sample.Keep!.ToArray<bool>());
        Assert.Equal(1, sample.FramesPerSecond);
    }

    [Fact]
    public void Models_are_loaded_one_after_the_other_and_each_caption_is_read_once()
    {
        Inpainting("a", Film with { Seed = 1 }, caption: "words");
        Inpainting("b", Film with { Seed = 2 }, caption: "words");
        Inpainting("c", Film with { Seed = 3 }, caption: "other words");

        PreparedData data = Prepare();

        const string Clip = "clip 1x3x9x64x64";
        Assert.Equal(["open clips", Clip, Clip, Clip, "close", "open captions", "caption words", "caption other words", "close"], models.Log);
        Assert.Equal(data.Clips[0].ContextFile, data.Clips[1].ContextFile);
        Assert.Equal(5, Directory.GetFiles(folder.Cache).Length);
    }

    [Fact]
    public void Progress_names_every_clip_of_every_stage()
    {
        Inpainting("a", Film);
        Inpainting("b", Film with { Seed = 1 });
        List<string> told = [];

        Prepare(progress: progress => told.Add($"{progress.Stage} {progress.Done}/{progress.Of} {progress.Clip}"));

        Assert.Equal(
            Enum.GetNames<PreparationStage>().SelectMany(stage => new[] { $"{stage} 0/2 a", $"{stage} 1/2 b", $"{stage} 2/2 " }), told);
    }

    [Fact]
    public void Equal_inputs_have_equal_names_and_bits_wherever_they_lie()
    {
        Inpainting("a", Film);
        PreparedData first = Prepare();
        using DataFolder other = new();
        File.Delete(Path.Combine(folder.Files, "a.txt"));
        foreach (string file in Directory.GetFiles(folder.Files)) other.Add($"deeper/b{Path.GetFileName(file)[1..]}", File.ReadAllBytes(file));
        other.Add("deeper/b.txt", "words of a");

        PreparedData second = PrepareIn(other.Cache, other.Files);

        Assert.Equal(Prepared(folder), Prepared(other));
        Assert.Equal(first.Identity, second.Identity);
    }

    [Fact]
    public void What_is_prepared_is_used_again_and_said_again()
    {
        Inpainting("a", Film with { Rate = 60 }, Mask with { Frames = 4, Rate = 60 });
        PreparedData first = Prepare();
        models.Log.Clear();

        PreparedData second = Prepare();

        Assert.Empty(models.Log);
        Assert.Equal(
            [
                "The clip has 60 frames a second and is trained at that rate; 24 were asked for.",
                "The mask ends after 4 of 9 frames; its last one is held.",
            ],
            first.Clips[0].Notes);
        Assert.Equal(first.Clips[0].Notes, second.Clips[0].Notes);
        Assert.Equal(first.Clips[0] with { Notes = [] }, second.Clips[0] with { Notes = [] });
    }

    [Fact]
    public void A_killed_preparation_goes_on_where_it_was()
    {
        foreach (string name in new[] { "a", "b", "c" }) Inpainting(name, Film with { Seed = name[0] });
        // What a killed process leaves of the file that it was at, and a file that the disk has lost the end of.
        Assert.Throws<OperationCanceledException>(() => Prepare(progress: progress => StopAt(progress, "c")));
        string[] whole = Directory.GetFiles(folder.Cache);
        Assert.Equal(2, whole.Length);
        File.WriteAllBytes(whole[0], File.ReadAllBytes(whole[0])[..^1]);
        models.Log.Clear();

        PreparedData data = Prepare();

        Assert.Equal(2, models.Log.Count(line => line.StartsWith("clip", StringComparison.Ordinal)));
        Assert.Equal(3, data.Clips.Count);
        Assert.Equal(6, Directory.GetFiles(folder.Cache).Length);
        using DataFolder undisturbed = new();
        PrepareIn(undisturbed.Cache, folder.Files);
        Assert.Equal(Prepared(undisturbed), Prepared(folder));

        static void StopAt(PreparationProgress progress, string clip)
        {
            if (progress is { Stage: PreparationStage.Clips } && progress.Clip == clip) throw new OperationCanceledException();
        }
    }

    public static TheoryData<string, bool, bool> Changes => new()
    {
        { "the clip", true, false },
        { "the mask", true, false },
        { "the caption", false, true },
        { "the trigger phrase", false, true },
        { "the size", true, false },
        { "the time", true, false },
        { "the VAE", true, false },
        { "the text encoder", false, true },
        { "the clip's name", false, false },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void Whatever_decides_a_result_makes_it_another_one_and_nothing_else_does(string change, bool clip, bool caption)
    {
        Inpainting("a", Film);
        Prepare();
        models.Log.Clear();
        FakeModels changed = change switch
        {
            "the VAE" => new FakeModels { ClipIdentity = "another" },
            "the text encoder" => new FakeModels { CaptionIdentity = "another" },
            _ => models,
        };
        PreparationOptions options = change switch
        {
            "the size" => new([new PixelShape(9, 96, 96)]),
            "the time" => Options with { ScalesTime = true, FramesPerSecond = 30 },
            _ => Options,
        };
        if (change == "the clip") folder.Add("a.mp4", (Film with { Seed = 5 }).ToBytes());
        if (change == "the mask") folder.Add("a_mask.png", (Mask with { White = [(32, 64)] }).ToBytes());
        if (change == "the caption") folder.Add("a.txt", "others");
        if (change == "the clip's name")
        {
            foreach (string file in Directory.GetFiles(folder.Files)) File.Move(file, file.Replace("/a", "/b", StringComparison.Ordinal));
        }

        DataSet data = DataSetReader.Read(folder.Files, TrainingKind.Inpaint, change == "the trigger phrase" ? "SKS" : "");
        new Preparer(changed, new FakeMedia(), folder.Cache).Prepare(data, options, null, TestContext.Current.CancellationToken);

        Assert.Equal((clip, caption), (changed.Log.Contains("open clips"), changed.Log.Contains("open captions")));
    }

    [Fact]
    public void A_data_set_is_another_one_by_its_clips_and_not_by_the_model()
    {
        Inpainting("a", Film);
        string identity = Prepare().Identity;
        Assert.Equal(identity, Prepare(with: new FakeModels { ClipIdentity = "another", CaptionIdentity = "another" }).Identity);
        folder.Add("a.txt", "others");
        Assert.NotEqual(identity, Prepare().Identity);
    }

    [Fact]
    public void No_tensor_is_left()
    {
        Inpainting("a", Film);
        folder.Add("b.mp4", (Film with { Damaged = 5 }).ToBytes()).Add("b_mask.png", Mask.ToBytes());
        long before = LiveTensors.Before();

        PreparedData data = Prepare();
        data.Samples(CPU, ScalarType.BFloat16).Read(0).Dispose();

        Assert.Equal(before, LiveTensors.Before());
    }

    private void Inpainting(string name, FakeFilm film, FakeFilm? mask = null, string? caption = null) =>
        folder.Add($"{name}.mp4", film.ToBytes()).Add($"{name}_mask.png", (mask ?? Mask).ToBytes()).Add($"{name}.txt", caption ?? $"words of {name}");

    private PreparedData Prepare(
        PreparationOptions? options = null, TrainingKind kind = TrainingKind.Inpaint, Action<PreparationProgress>? progress = null,
        FakeModels? with = null)
    {
        Preparer preparer = new(with ?? models, new FakeMedia(), folder.Cache);
        return preparer.Prepare(DataSetReader.Read(folder.Files, kind), options ?? Options, progress, TestContext.Current.CancellationToken);
    }

    private static PreparedData PrepareIn(string cache, string files) =>
        new Preparer(new FakeModels(), new FakeMedia(), cache)
            .Prepare(DataSetReader.Read(files, TrainingKind.Inpaint), Options, null, TestContext.Current.CancellationToken);

    // Each file with its bytes.
    private static IEnumerable<(string, string)> Prepared(DataFolder one) =>
        from file in Directory.GetFiles(one.Cache)
        orderby file
        select (Path.GetFileName(file), Convert.ToHexString(File.ReadAllBytes(file)));

    // Of frames that need not be resized.
    private static Tensor Latent(FakeFilm film, int[]? frames = null, int left = 0)
    {
        using var scope = NewDisposeScope();
        Tensor Picture(int frame) => tensor(film.Picture(frame), [film.Height, film.Width, 3]).permute(2, 0, 1);
        Tensor video = stack((frames ?? [.. Enumerable.Range(0, 9)]).Select(Picture), 1);
        Tensor cut = video.narrow(3, left, film.Width - 2 * left).to(ScalarType.Float32) / 255 * 2 - 1;
        return FakeModels.Means(cut.unsqueeze(0), new VideoScale(8, 32, 32)).MoveToOuterDisposeScope();
    }
}
