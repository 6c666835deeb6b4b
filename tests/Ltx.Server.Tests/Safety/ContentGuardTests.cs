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
    // Sides of the pictures that no one would call indecent and the model is sure of (tests/goldens/safety).
    private const int Side = 56;

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

    [Fact]
    public void The_default_thresholds_refuse_what_the_model_is_sure_of_wherever_it_shows()
    {
        byte[] calm = Calm(), sure = Strong(1);
        foreach (int shown in (int[])[0, 4, 8])
        {
            ContentGuard guard = new(new SafetyOptions(), classifier);
            InpaintRequest clip = Clip([.. Enumerable.Range(0, 9).Select(i => i == shown ? sure : calm)]);
            ContentRefusedException refused = Assert.Throws<ContentRefusedException>(() => guard.CheckSource(clip, CancellationToken.None));
            Assert.Equal(ContentGuard.Source, refused.Part);
            Assert.Contains($"frame {shown}, Porn 0.9", refused.Message, StringComparison.Ordinal);

            CollectingSink sink = new();
            IInpaintSink watched = guard.Watch(Clip([.. Enumerable.Repeat(calm, 9)]), sink);
            watched.Begin(null);
            for (int i = 0; i < shown; i++) watched.Write(calm);
            Assert.Equal(ContentGuard.Result, Assert.Throws<ContentRefusedException>(() => watched.Write(sure)).Part);
            Assert.Equal(shown, sink.Frames.Count);
        }
        ContentGuard quiet = new(new SafetyOptions(), classifier);
        quiet.CheckSource(Clip([.. Enumerable.Repeat(calm, 9)]), CancellationToken.None);
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
        const int Width = 320, Height = 200, Left = 250, Top = 20;
        byte[] frame = new byte[Width * Height * 3], mask = new byte[Width * Height];
        Assert.Null(ContentGuard.MaskedRegion(frame, mask, Width, Height));
        for (int y = 0; y < Side; y++)
        {
            mask.AsSpan((Top + y) * Width + Left, Side).Fill(255);
            Strong(1).AsSpan(y * Side * 3, Side * 3).CopyTo(frame.AsSpan(((Top + y) * Width + Left) * 3));
        }
        Picture region = ContentGuard.MaskedRegion(frame, mask, Width, Height)!;
        // A quarter around it, cut at the frame's edge.
        Assert.Equal((Side + 2 * (Side / 4), Side + 2 * (Side / 4)), (region.Width, region.Height));
        Assert.Equal(frame[((Top + 3) * Width + Left + 5) * 3], region.Pixels[((Side / 4 + 3) * region.Width + Side / 4 + 5) * 3]);
        mask.AsSpan().Fill(255);
        Assert.Null(ContentGuard.MaskedRegion(frame, mask, Width, Height));
    }

    public void Dispose() => classifier.Dispose();

    private static InpaintRequest Clip(params byte[][] frames) => new("", frames, [new byte[Side * Side]], Side, Side, 24);

    private static byte[] Calm()
    {
        byte[] pixels = new byte[Side * Side * 3];
        for (int i = 0; i < pixels.Length; i++) pixels[i] = (byte)(60 + i / (Side * 3));
        return pixels;
    }

    private static byte[] Strong(int index) => File.ReadAllBytes(Path.Combine(ModelLocator.Home, "tests", "goldens", "safety", "strong.rgb"))[(index * Side * Side * 3)..((index + 1) * Side * Side * 3)];
}
