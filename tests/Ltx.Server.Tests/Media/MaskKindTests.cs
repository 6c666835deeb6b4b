using Ltx.Inference.Generation;
using Ltx.Server.Media;
using Ltx.Server.Tests.Commands;
using Ltx.Video;

namespace Ltx.Server.Tests.Media;

/// <summary>Masks of every kind beside a source of another shape or length: what is read of them, and what the request is told. What is made anew then: MediaTests.</summary>
public sealed class MaskKindTests(MaskKindTests.Film film) : IClassFixture<MaskKindTests.Film>
{
    private const int Width = 128, Height = 96, Frames = 9, Near = 5;

    /// <summary>One source for all.</summary>
    public sealed class Film : IAsyncLifetime
    {
        internal TestFolder Folder { get; } = new();

        internal MediaInfo Source { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Source = await MediaProbe.ProbeAsync(TestMedia.Video(Folder, width: Width, height: Height, frames: 48));

        public ValueTask DisposeAsync()
        {
            Folder.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    // Its file, size, rate and frames, and how many of them are read.
    private static readonly Dictionary<string, (string File, int Width, int Height, int Rate, int Frames, int Read, string Note)> Masks = new()
    {
        ["a picture"] = ("still.png", Width, Height, 24, 1, 1, ""),
        ["a picture of another shape"] = ("tall.png", 90, 200, 24, 1, 1, "The mask is 90x200 pixels, and is stretched to 128x96."),
        ["a video that is shorter"] = ("short.mkv", Width, Height, 24, 3, 3, "The mask ends after 3 of 9 frames; its last one is held."),
        ["a video that is longer"] = ("longer.mkv", Width, Height, 24, 72, 9, "The mask is longer than the source video; its rest is not used."),
        ["a video of another size and rate"] = ("other.mkv", 64, 50, 10, 20, 9, "The mask is 64x50 pixels, and is stretched to 128x96."),
        // A GIF's pixels may be transparent, whether any of them is or not.
        ["a GIF"] = ("mask.gif", Width, Height, 25, 20, 9, "The mask has an alpha channel; its brightness alone is used, and where the alpha draws anything it says the same."),
    };

    public static TheoryData<string> Names => [.. Masks.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_mask_of_any_kind_is_white_where_it_was_drawn_and_says_what_was_made_of_it(string name)
    {
        (string file, int width, int height, int rate, int frames, int read, string note) = Masks[name];
        string path = TestMedia.Make(
            film.Folder, file, "-f", "lavfi", "-i", $"color=black:s={width}x{height}:r={rate},format=gray,drawbox=iw/4:ih/4:iw/2:ih/2:white:fill", "-frames:v", $"{frames}",
            "-c:v", Path.GetExtension(file) switch { ".mkv" => "ffv1", ".gif" => "gif", _ => "png" });
        MediaInfo mask = await MediaProbe.ProbeAsync(path, MediaLimits.Default, ClipInpainter.MaskRole, TestContext.Current.CancellationToken);
        VideoReadOptions options = new() { Size = new FrameSize(Width, Height), FramesPerSecond = new FrameRate(24, 1), MaxFrames = Frames };
        await MaskAlpha.CheckAsync(mask, options, TestContext.Current.CancellationToken);

        MaskFrames masked = await MaskReader.ReadAsync(mask, options, TestContext.Current.CancellationToken);

        Assert.Equal(read, masked.Frames.Count);
        // A mask that is stretched is soft at its edge; near it on either side there is no doubt.
        Assert.All(masked.Frames, frame => Assert.Equal(
            (true, true, false, false),
            (IsWhite(frame, Width / 2, Height / 2), IsWhite(frame, Width / 4 + Near, Height / 4 + Near), IsWhite(frame, Width / 4 - Near, Height / 2), IsWhite(frame, Width / 2, 3 * Height / 4 + Near))));
        ClipJob job = new("", "", new GenerationParameters("") { Steps = 8 }, "") { Frames = Frames, FramesPerSecond = 24 };
        ClipFiles files = new(film.Source, mask, options.Size);
        List<string> notes = ClipNotes.Of(job, files, SourcePlanes.Of(film.Source, options.Size), Frames, new VideoFindings(TimeSpan.Zero, [], 0, 0, ChangesFormat: false), masked);
        Assert.Equal(note.Length == 0 ? [] : [note], notes);
    }

    private static bool IsWhite(byte[] frame, int x, int y) => frame[y * Width + x] > 127;
}
