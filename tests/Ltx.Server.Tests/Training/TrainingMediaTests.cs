using Ltx.Inference.Generation;
using Ltx.Inference.Weights;
using Ltx.Server.Media;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Training;
using Ltx.Training;
using Ltx.Training.Data;
using Ltx.Training.Preparation;
using Ltx.Video;
using TorchSharp;

namespace Ltx.Server.Tests.Training;

/// <summary>Data sets' files through ffmpeg.</summary>
public sealed class TrainingMediaTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly TrainingMedia media = new(MediaLimits.Default);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Frames_come_as_they_are_in_the_file_as_many_as_are_wanted()
    {
        string path = TestMedia.Video(folder, "a.mkv", width: 64, height: 48, rate: "24000/1001", frames: 20, more: ["-c:v", "ffv1"]);

        IMediaFile file = media.Probe(path, "the clip", TestContext.Current.CancellationToken);

        Assert.Equal((64, 48, false, 24000.0 / 1001), (file.Width, file.Height, file.IsStill, file.FramesPerSecond));
        Assert.InRange(file.Frames!.Value, 19, 21);
        List<byte[]> all = await TestMedia.FramesAsync(path);
        Assert.Equal(all.Take(9), file.Read(9, file.FramesPerSecond!.Value, TestContext.Current.CancellationToken));
        Assert.Equal(all, file.Read(30, file.FramesPerSecond!.Value, TestContext.Current.CancellationToken));
        // At a third of the rate every third one, or a neighbour: ffmpeg takes one that is half a frame or less away.
        List<byte[]> third = [.. file.Read(6, file.FramesPerSecond!.Value / 3, TestContext.Current.CancellationToken)];
        Assert.Equal(6, third.Count);
        Assert.All(third.Index(), frame => Assert.Contains(frame.Item, all[Math.Max(0, 3 * frame.Index - 1)..(3 * frame.Index + 2)]));
    }

    [Fact]
    public void Odd_sides_lose_their_last_row_and_column()
    {
        string path = TestMedia.Make(
            folder, "odd.mkv", "-f", "lavfi", "-i", "testsrc2=s=66x66,format=yuv444p,crop=65:47:0:0:exact=1", "-frames:v", "3", "-c:v", "ffv1");
        IMediaFile file = media.Probe(path, "the clip", TestContext.Current.CancellationToken);
        Assert.Equal((64, 46), (file.Width, file.Height));
        Assert.All(file.Read(3, 25, TestContext.Current.CancellationToken), frame => Assert.Equal(64 * 46 * 3, frame.Length));
    }

    [Fact]
    public void Masks_are_white_where_they_were_drawn_at_their_own_size()
    {
        foreach (string path in new[] { TestMedia.StillMask(folder, 64, 48), TestMedia.Mask(folder, width: 64, height: 48, frames: 5) })
        {
            IMediaFile file = media.Probe(path, "the mask", TestContext.Current.CancellationToken);
            MaskPictures mask = file.ReadMask(9, 24, TestContext.Current.CancellationToken);
            Assert.Equal((path.EndsWith("png", StringComparison.Ordinal), file.IsStill ? 1 : 5), (file.IsStill, mask.Frames.Count));
            Assert.All(mask.Frames, frame => Assert.Equal((true, true), (frame[24 * 64 + 32] > 240, frame[4 * 64 + 4] < 16)));
        }
    }

    [Fact]
    public void What_is_wrong_with_a_file_is_the_data_set_s_fault_and_what_is_wrong_here_is_not()
    {
        string text = folder.Text("text.mp4", "This is no video.\n"), whole = TestMedia.Video(folder, frames: 24, more: ["-movflags", "+faststart"]);
        string cut = folder.Bytes("cut.mp4", File.ReadAllBytes(whole).AsSpan(..(int)(new FileInfo(whole).Length * 0.6)));
        string classes = TestMedia.Make(folder, "classes.png", "-f", "lavfi", "-i", "color=0x030303:s=64x64,format=gray", "-frames:v", "1");

        DataSetException unknown = Assert.Throws<DataSetException>(() => media.Probe(text, "the clip", TestContext.Current.CancellationToken));
        Assert.StartsWith("The clip is not a video or picture of a known format", unknown.Message, StringComparison.Ordinal);

        IMediaFile reference = media.Probe(cut, "the reference", TestContext.Current.CancellationToken);
        DataSetException damaged = Assert.Throws<DataSetException>(() => reference.Read(24, 24, TestContext.Current.CancellationToken).Count());
        Assert.StartsWith("The reference is damaged or incomplete", damaged.Message, StringComparison.Ordinal);

        DataSetException dark = Assert.Throws<DataSetException>(
            () => media.Probe(classes, "the mask", TestContext.Current.CancellationToken).ReadMask(9, 24, TestContext.Current.CancellationToken));
        Assert.StartsWith("The mask has no white pixel", dark.Message, StringComparison.Ordinal);

        TrainingMedia without = new(MediaLimits.Default with { ToolFolder = folder.Folder("no tools") });
        MediaException ours = Assert.Throws<MediaException>(() => without.Probe(whole, "the clip", TestContext.Current.CancellationToken));
        Assert.Equal(MediaFault.Server, ours.Fault);
    }

    /// <summary>Files to samples, with the model that comes with the project.</summary>
    [Fact]
    public void A_folder_of_films_becomes_samples()
    {
        string set = folder.Folder("set");
        File.Move(TestMedia.Video(folder, "film.mp4", width: 160, height: 128, frames: 12), Path.Combine(set, "a.mp4"));
        File.Move(TestMedia.StillMask(folder, 160, 128), Path.Combine(set, "a_mask.png"));
        File.Move(TestMedia.Video(folder, "short.mp4", frames: 5), Path.Combine(set, "b.mp4"));
        File.Copy(Path.Combine(set, "a_mask.png"), Path.Combine(set, "b_mask.png"));
        File.Copy(Path.Combine(set, "a.mp4"), Path.Combine(set, "c.mp4"));
        File.WriteAllText(Path.Combine(set, "c_mask.png"), "white on black");
        File.WriteAllText(Path.Combine(set, "a.txt"), "a red disc");
        torch.Device device = EngineDevice.Choose("cpu");
        using InpaintPipeline pipeline = new(ModelFolder.Open(Repository.Model), device, torch.ScalarType.Float32);
        Preparer preparer = new(new PipelineModels(pipeline), media, folder.Named("cache"));

        PreparedData data = preparer.Prepare(
            DataSetReader.Read(set, TrainingKind.Inpaint), new PreparationOptions([new(9, 128, 128)]), null, TestContext.Current.CancellationToken);

        Assert.Equal("a", Assert.Single(data.Clips).Name);
        Assert.Equal(["The clip has 12 frames; what is used of it ends after 9 frames."], data.Clips[0].Notes);
        Assert.Equal(
            [
                "\"b\": The clip has 5 frames, and 9 are needed.",
                "\"c\": The mask is not a video or picture of a known format; send it as MP4, MOV, WebM or MKV.",
            ],
            data.Refused.Select(refused => refused.ToString()));
        using TrainingSample sample = data.Samples(device, torch.ScalarType.Float32).Read(0);
        Assert.Equal([1, sample.Latent.shape[1], 2, 4, 4], sample.Latent.shape);
        Assert.Equal([1, 1024], sample.Context.shape[..2]);
        Assert.Equal(24, sample.FramesPerSecond);
        // The rectangle in the middle.
        IEnumerable<char> cells = sample.Keep![0, 0].data<bool>().ToArray().Select(cell => cell ? '+' : '-');
        Assert.Equal("++++ +--+ +--+ ++++", string.Join(' ', cells.Chunk(4).Select(row => new string(row))));
    }
}
