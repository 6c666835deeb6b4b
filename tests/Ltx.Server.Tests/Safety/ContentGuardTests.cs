using Ltx.Inference;
using Ltx.Inference.Generation;
using Ltx.Inference.Native;
using Ltx.Inference.Safety;
using Ltx.Inference.Weights;
using Ltx.Server.Configuration;
using Ltx.Server.Media;
using Ltx.Server.Safety;
using Ltx.Server.Tests.Media;

namespace Ltx.Server.Tests.Safety;

public sealed class ContentGuardTests : IDisposable
{
    private const int Side = SurePattern.Side;

    private readonly SafetyClassifier classifier = new(Path.Combine(ModelLocator.Home, "models", "safety", SafetyClassifier.FileName), ComputeDevice.Parse("cpu"));

    [Fact]
    public void Frames_are_sampled_evenly_with_the_first_and_the_last()
    {
        Assert.Empty(ContentGuard.Sample(9, 0));
        Assert.Equal([0], ContentGuard.Sample(9, 1));
        Assert.Equal([0, 8], ContentGuard.Sample(9, 2));
        Assert.Equal([0, 4, 8], ContentGuard.Sample(9, 3));
        Assert.Equal(Enumerable.Range(0, 9), ContentGuard.Sample(9, 16));
        IReadOnlyList<int> many = ContentGuard.Sample(481, 16);
        Assert.Equal((16, 0, 480), (many.Distinct().Count(), many[0], many[^1]));
    }

    [Theory]
    [InlineData(9, 16, 24)]
    [InlineData(481, 16, 24)]
    [InlineData(481, 8, 60)]
    [InlineData(100, 8, 1)]
    public void No_passage_is_missed_that_lasts_longer_than_the_time_between_two_looks(int frames, int least, double rate)
    {
        SafetyOptions options = new();
        IReadOnlyList<int> starts = new ContentGuard(options, classifier).Starts(frames, least, rate);
        Assert.Equal((0, frames - options.Agreement), (starts[0], starts[^1]));
        Assert.InRange(starts.Count, Math.Min(least, frames - options.Agreement + 1), frames);
        int longest = starts.Zip(starts.Skip(1), (a, b) => b - a).Max();
        Assert.InRange(longest, 1, Math.Max(1, options.EverySeconds * rate));
        Assert.Empty(new ContentGuard(options, classifier).Starts(frames, 0, rate));
        Assert.Equal(least, new ContentGuard(new SafetyOptions { EverySeconds = 0 }, classifier).Starts(2000, least, rate).Count);
    }

    [Fact]
    public void A_passage_of_what_the_model_is_sure_of_is_refused_wherever_it_shows()
    {
        byte[] calm = Calm(), sure = Strong(1);
        foreach (int shown in (int[])[0, 2, 3])
        {
            byte[][] frames = [.. Enumerable.Range(0, 5).Select(i => i == shown || i == shown + 1 ? sure : calm)];
            ContentGuard guard = new(new SafetyOptions(), classifier);
            ContentRefusedException refused = Assert.Throws<ContentRefusedException>(() => guard.CheckSource(Clip(frames), CancellationToken.None));
            Assert.Equal(ContentGuard.Source, refused.Part);
            Assert.Contains($"frame {shown}, Porn 0.9", refused.Message, StringComparison.Ordinal);

            CollectingSink sink = new();
            refused = Assert.Throws<ContentRefusedException>(() => Show(guard, frames, sink));
            Assert.Equal(ContentGuard.Result, refused.Part);
            Assert.Contains($"frame {shown}, Porn 0.9", refused.Message, StringComparison.Ordinal);
            // Nothing of the passage went on.
            Assert.Equal(frames[..shown], sink.Frames);
        }
        // A clip shorter than what must agree is judged by what it has.
        Assert.Throws<ContentRefusedException>(() => new ContentGuard(new SafetyOptions(), classifier).CheckSource(Clip(sure), CancellationToken.None));
    }

    [Fact]
    public void A_single_frame_among_others_that_do_not_agree_is_no_reason_and_nothing_of_the_clip_is_lost()
    {
        foreach (int shown in (int[])[0, 2, 4])
        {
            byte[][] frames = [.. Enumerable.Range(0, 5).Select(i => i == shown ? Strong(1) : Calm())];
            ContentGuard guard = new(new SafetyOptions(), classifier), strict = new(new SafetyOptions { Agreement = 1 }, classifier);
            CollectingSink sink = new();
            guard.CheckSource(Clip(frames), CancellationToken.None);
            Show(guard, frames, sink);
            Assert.Equal(frames, sink.Frames);
            Assert.Throws<ContentRefusedException>(() => strict.CheckSource(Clip(frames), CancellationToken.None));
            Assert.Throws<ContentRefusedException>(() => Show(strict, frames, new CollectingSink()));
        }
    }

    [Fact]
    public void Classes_add_up_and_those_of_threshold_1_do_not_count()
    {
        SafetyScores scores = classifier.Classify([new Picture(Calm(), Side, Side)])[0];
        // Halfway from what the picture has to everything: neither class alone is too much, both are.
        double drawing = (scores.Drawing + 1) / 2, neutral = (scores.Neutral + 1) / 2;
        void Check(SafetyOptions options) => new ContentGuard(options, classifier).CheckSource(Clip(Calm()), CancellationToken.None);
        Check(new SafetyOptions { Drawing = drawing });
        Check(new SafetyOptions { Neutral = neutral });
        string message = Assert.Throws<ContentRefusedException>(() => Check(new SafetyOptions { Drawing = drawing, Neutral = neutral })).Message;
        Assert.Contains("Drawing ", message, StringComparison.Ordinal);
        Assert.Contains("Neutral ", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_class_has_its_own_threshold()
    {
        InpaintRequest Showing(int strong) => Clip([Strong(strong)]);
        // Hentai, Porn, Sexy: the order of the file.
        foreach ((int strong, Action<SafetyOptions> allow) in new (int, Action<SafetyOptions>)[] { (0, o => o.Hentai = 1), (1, o => o.Porn = 1), (2, o => o.Sexy = 1) })
        {
            SafetyOptions options = new() { Sexy = 0.7 };
            Assert.Throws<ContentRefusedException>(() => new ContentGuard(options, classifier).CheckSource(Showing(strong), CancellationToken.None));
            allow(options);
            new ContentGuard(options, classifier).CheckSource(Showing(strong), CancellationToken.None);
        }
        // Swimwear is no reason by default.
        new ContentGuard(new SafetyOptions(), classifier).CheckSource(Showing(2), CancellationToken.None);
    }

    [Fact]
    public void The_masked_region_is_looked_at_by_itself()
    {
        const int Width = 480, Height = 300, Left = 410, Top = 20, Square = SafetyClassifier.Side, Patch = 56;
        byte[] frame = new byte[Width * Height * 3], mask = new byte[Width * Height];
        Assert.Null(ContentGuard.MaskedRegion(frame, mask, Width, Height));
        for (int y = 0; y < Patch; y++)
        {
            mask.AsSpan((Top + y) * Width + Left, Patch).Fill(255);
            Calm().AsSpan(y * Patch * 3, Patch * 3).CopyTo(frame.AsSpan(((Top + y) * Width + Left) * 3));
        }
        Picture region = ContentGuard.MaskedRegion(frame, mask, Width, Height)!;
        // Never less than what the classifier takes without blowing it up; moved to where the frame has so much.
        Assert.Equal((Square, Square), (region.Width, region.Height));
        Assert.Equal(frame[((Top + 3) * Width + Left + 5) * 3], region.Pixels[((Top + 3) * Square + Left - (Width - Square) + 5) * 3]);
        // A quarter around a larger one, in its middle.
        byte[] wide = new byte[800 * 600];
        for (int y = 200; y < 400; y++) wide.AsSpan(y * 800 + 300, 200).Fill(255);
        byte[] picture = new byte[800 * 600 * 3];
        picture[(150 * 800 + 250) * 3] = 7;
        region = ContentGuard.MaskedRegion(picture, wide, 800, 600)!;
        Assert.Equal((300, 300, 7), (region.Width, region.Height, region.Pixels[0]));
        mask.AsSpan().Fill(255);
        Assert.Null(ContentGuard.MaskedRegion(frame, mask, Width, Height));
    }

    [Fact]
    public void What_is_smaller_than_the_classifier_takes_counts_only_where_it_shows_in_its_own_size_too()
    {
        void Check(int side, int pattern) => new ContentGuard(new SafetyOptions(), classifier).CheckSource(Clip(side, [SurePattern.Read(pattern, side)]), CancellationToken.None);
        // Blown up to 224 pixels it is what the model is sure of; as it is it is noise.
        Assert.InRange(classifier.Classify([new Picture(SurePattern.Read(1, SurePattern.Stored), SurePattern.Stored, SurePattern.Stored)])[0].Porn, 0.95, 1);
        Check(SurePattern.Stored, 1);
        Assert.Throws<ContentRefusedException>(() => Check(SafetyClassifier.Side, 1));
        Assert.Throws<ContentRefusedException>(() => Check(SafetyClassifier.Side - 1, 0));
    }

    [Fact]
    public void A_small_picture_in_its_own_size_stands_among_its_mirror_images()
    {
        const int Width = 300, Height = 3, Rows = SafetyClassifier.Side;
        byte[] pixels = [.. Enumerable.Range(0, Width * Height * 3).Select(i => (byte)(i / 3 / Width * 50 + i / 3 % Width % 40))];
        Picture[] views = ContentGuard.Views(new Picture(pixels, Width, Height));
        Assert.Equal([(Width, Height), (Width, Rows)], views.Select(view => (view.Width, view.Height)));
        int Row(int y) => views[1].Pixels[y * Width * 3] / 50;
        const int Top = (Rows - Height) / 2;
        Assert.Equal([1, 2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1], Enumerable.Range(Top - 5, 13).Select(Row));
        Assert.Equal(pixels, views[1].Pixels.AsSpan(Top * Width * 3, pixels.Length).ToArray());
        Assert.Single(ContentGuard.Views(new Picture(new byte[Rows * Rows * 3], Rows, Rows)));
    }

    public void Dispose() => classifier.Dispose();

    private static void Show(ContentGuard guard, byte[][] frames, IInpaintSink sink)
    {
        IInpaintSink watched = guard.Watch(Clip([.. Enumerable.Repeat(Calm(), frames.Length)]), sink);
        watched.Begin(null);
        foreach (byte[] frame in frames) watched.Write(frame);
    }

    private static InpaintRequest Clip(params byte[][] frames) => Clip(Side, frames);

    private static InpaintRequest Clip(int side, byte[][] frames) => new(new GenerationParameters("") { Steps = 1 }, frames, [new byte[side * side]], side, side, 24);

    private static byte[] Calm()
    {
        byte[] pixels = new byte[Side * Side * 3];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(60 + i / (Side * 6));
        return pixels;
    }

    private static byte[] Strong(int index) => SurePattern.Read(index);
}
