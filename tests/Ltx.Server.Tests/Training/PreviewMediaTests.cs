using Ltx.Inference.Latents;
using Ltx.Server.Tests.Commands;
using Ltx.Server.Training;
using Ltx.Training;
using Ltx.Video;

namespace Ltx.Server.Tests.Training;

/// <summary>What the pipeline is given to try a training with, for every kind.</summary>
public sealed class PreviewMediaTests : IDisposable
{
    private const int Frames = 9;

    private static readonly PixelShape Trained = new(Frames, 64, 96), Wished = new(Frames, 32, 32);

    private readonly TestFolder folder = new();

    public void Dispose() => folder.Dispose();

    private Task<PreviewMedia.Files> MakeAsync(TrainingKind kind, PreviewClip clip, PixelShape? size = null, KeptRectangle? kept = null) =>
        new PreviewMedia(kind, kept, Frames, 24, size, Trained, MediaLimits.Default)
            .MakeAsync(clip, folder.Path, TestContext.Current.CancellationToken);

    private static async Task<List<byte[]>> ReadAsync(string path, int width, int height)
    {
        List<byte[]> frames = await TestMedia.FramesAsync(path);
        Assert.All(frames, frame => Assert.Equal(width * height * 3, frame.Length));
        return frames;
    }

    private static byte Middle(byte[] frame, int width, int height) => frame[3 * (height / 2 * width + width / 2)];

    private static byte Corner(byte[] frame) => frame[0];

    [Fact]
    public async Task A_clip_and_its_mask_keep_their_size_where_none_is_wished()
    {
        PreviewClip clip = new("a disc", TestMedia.Video(folder, "a.mp4", 64, 48), TestMedia.Mask(folder, "m.mp4", 64, 48));
        PreviewMedia.Files files = await MakeAsync(TrainingKind.Inpaint, clip);
        Assert.Equal(Frames, (await ReadAsync(files.Video, 64, 48)).Count);
        Assert.All(await ReadAsync(files.Mask, 64, 48), frame => Assert.Equal((true, true), (Middle(frame, 64, 48) > 240, Corner(frame) < 16)));
        Assert.Null(files.Reference);
    }

    [Fact]
    public async Task Both_are_cut_alike_to_the_size_that_is_wished()
    {
        // Of 64x32 the middle is kept: what is white there is white everywhere.
        PreviewClip clip = new("a disc", TestMedia.Video(folder, "a.mp4", 64, 32), TestMedia.Make(
            folder, "m.mkv", "-f", "lavfi", "-i", "color=black:s=64x32:r=24:d=0.5,drawbox=x=16:y=0:w=32:h=32:color=white:t=fill", "-c:v", "ffv1"));
        PreviewMedia.Files files = await MakeAsync(TrainingKind.Inpaint, clip, Wished);
        Assert.Equal(Frames, (await ReadAsync(files.Video, 32, 32)).Count);
        Assert.All(await ReadAsync(files.Mask, 32, 32), frame => Assert.True(frame.Min() > 200));
    }

    [Fact]
    public async Task A_reference_stands_for_the_clip_where_there_is_none_and_everything_is_made()
    {
        PreviewClip clip = new("a disc", Reference: TestMedia.Video(folder, "r.mp4", 64, 48));
        PreviewMedia.Files files = await MakeAsync(TrainingKind.VideoToVideo, clip, Wished);
        Assert.Equal(await ReadAsync(files.Reference!, 32, 32), await ReadAsync(files.Video, 32, 32));
        Assert.All(await ReadAsync(files.Mask, 32, 32), frame => Assert.True(frame.Min() > 240));
    }

    [Fact]
    public async Task A_picture_is_the_first_frame_and_the_rest_is_made()
    {
        string picture = TestMedia.Make(folder, "p.png", "-f", "lavfi", "-i", "testsrc2=s=64x48", "-frames:v", "1");
        PreviewMedia.Files files = await MakeAsync(TrainingKind.ImageToVideo, new PreviewClip("a disc", picture));
        Assert.Equal(Frames, (await ReadAsync(files.Video, 64, 48)).Count);
        List<byte[]> mask = await ReadAsync(files.Mask, 64, 48);
        Assert.True(mask[0].Max() < 16);
        Assert.All(mask[1..], frame => Assert.True(frame.Min() > 240));
    }

    [Fact]
    public async Task Around_a_kept_rectangle_everything_is_made()
    {
        PreviewClip clip = new("a disc", TestMedia.Video(folder, "a.mp4", 64, 48));
        PreviewMedia.Files files = await MakeAsync(TrainingKind.Outpaint, clip, kept: new KeptRectangle(16, 12, 48, 36));
        Assert.All(await ReadAsync(files.Mask, 64, 48), frame => Assert.Equal((true, true), (Middle(frame, 64, 48) < 16, Corner(frame) > 240)));
    }

    [Fact]
    public async Task Words_alone_are_tried_at_the_size_that_was_trained()
    {
        PreviewMedia.Files files = await MakeAsync(TrainingKind.TextToVideo, new PreviewClip("a disc"));
        Assert.Equal(Frames, (await ReadAsync(files.Video, Trained.Width, Trained.Height)).Count);
        Assert.All(await ReadAsync(files.Mask, Trained.Width, Trained.Height), frame => Assert.True(frame.Min() > 240));
    }
}
