using Ltx.Inference.Generation;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;

namespace Ltx.Inference.Tests.Generation;

[Collection(MiniaturePipelineTests.Name)]
public sealed class CropWindowTests(MiniaturePipeline miniature)
{
    private static readonly RecipeCrop Half = new(CropKind.Auto, Context: 0.5, Below: 0.4, Enlarge: 4);
    private static readonly SizeLimits Limits = new(InpaintOptions.MostPixels, ModelShortSide: null);

    private static Recipe Cropping(RecipeCrop crop, int? shortSide = null, CompositeMode composite = CompositeMode.Blend)
    {
        Recipe recipe = RecipeBook.Open("default");
        return recipe with { Crop = crop, Size = recipe.Size with { ShortSide = shortSide }, Composite = recipe.Composite with { Kind = composite } };
    }

    // Two frames; the mask's place in the first is (top, left, height, width), and in the second it is `down` pixels lower.
    private static InpaintRequest Masked(int height, int width, (int Top, int Left, int Height, int Width) at, int down = 0)
    {
        byte[] Frame(int lower)
        {
            byte[] mask = new byte[height * width];
            for (int y = at.Top; y < at.Top + at.Height; y++) mask.AsSpan((y + lower) * width + at.Left, at.Width).Fill(128);
            return mask;
        }

        return new InpaintRequest(new GenerationParameters("a disc") { Steps = 15 }, MiniatureClip.Scene(2, height, width), [Frame(0), Frame(down)], width, height, 24);
    }

    [Theory]
    // The box of both frames is 120 high and 80 wide; 60 pixels to every side.
    [InlineData(100, 300, 240, 200, 40, 240)]
    // At the frame's edge the window is as large, and reaches farther on the other side.
    [InlineData(0, 0, 240, 200, 0, 0)]
    [InlineData(391, 721, 240, 200, 272, 602)]
    // From an odd place on it takes in the pixels that make it even.
    [InlineData(101, 301, 242, 202, 40, 240)]
    public void It_holds_the_masks_box_over_the_whole_clip_and_its_context(int top, int left, int height, int width, int windowTop, int windowLeft)
    {
        InpaintRequest request = Masked(512, 802, (top, left, 100, 80), down: 20);
        CropWindow window = Assert.IsType<CropWindow>(CropWindow.Of(request, Cropping(Half), Limits));
        Assert.Equal($"Of the 802x512 frame the window of {width}x{height} at {windowLeft},{windowTop} is worked on alone.", window.Sentence);
    }

    [Theory]
    // 64 pixels at least; and so many that a working size of 1024 is four times as large, or what the model was made for.
    [InlineData(null, null, 64)]
    [InlineData(1024, null, 256)]
    [InlineData(1024, 400, 100)]
    public void A_small_one_takes_in_more_of_the_frame(int? shortSide, int? ofModel, int side)
    {
        InpaintRequest request = Masked(512, 802, (201, 300, 2, 4));
        CropWindow window = Assert.IsType<CropWindow>(CropWindow.Of(request, Cropping(Half, shortSide), Limits with { ModelShortSide = ofModel }));
        Assert.Contains($"window of {side}x{side} at", window.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_seams_ring_lies_in_it()
    {
        Recipe recipe = Cropping(Half), wide = recipe with { Composite = recipe.Composite with { Feather = new RecipeLength(70) } };
        CropWindow window = Assert.IsType<CropWindow>(CropWindow.Of(Masked(512, 802, (200, 300, 20, 20)), wide, Limits));
        Assert.Contains("window of 160x160 at 230,130", window.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_whole_frame_is_worked_on_where_the_window_were_no_smaller_or_would_show()
    {
        InpaintRequest small = Masked(512, 800, (200, 300, 40, 40)), large = Masked(512, 800, (100, 100, 240, 320));
        Assert.NotNull(CropWindow.Of(small, Cropping(Half), Limits));
        Assert.Null(CropWindow.Of(small, Cropping(new RecipeCrop(CropKind.None)), Limits));
        Assert.Null(CropWindow.Of(large, Cropping(Half), Limits));
        Assert.Null(CropWindow.Of(small, Cropping(Half, composite: CompositeMode.None), Limits));
        Assert.Null(CropWindow.Of(small, Cropping(Half, composite: CompositeMode.Pyramid), Limits));
        Assert.Null(CropWindow.Of(small with { Mask = MiniatureClip.Uniform(127, 2, 512 * 800) }, Cropping(Half), Limits));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_cut_out_goes_back_to_its_place(bool planes)
    {
        InpaintRequest request = Masked(130, 140, (91, 61, 20, 20));
        if (planes) request = request.InPlanes();
        CropWindow window = CropWindow.Of(request, Cropping(Half), Limits)!;
        InpaintRequest part = window.Cut();
        Assert.Equal((66, 64), (part.Width, part.Height));
        Assert.Equal(request.Frames[1][(66 * 140 + 38) * (planes ? 1 : 3)], part.Frames[1][0]);
        // As it is: nothing changes. Inverted: every byte of the window does, and no other.
        RecordedClip same = new(), other = new();
        Send(window.Into(same), part.Frames);
        Assert.Equal(request.Frames, same.Frames);
        Send(window.Into(other), [.. part.Frames.Select(frame => Array.ConvertAll(frame, value => (byte)~value))]);
        int changed = request.Frames[0].Zip(other.Frames[0]).Count(bytes => bytes.First != bytes.Second);
        Assert.Equal(64 * 66 * (planes ? 1.5 : 3), changed);
        Assert.All(Enumerable.Range(0, 2), i => Assert.Equal(part.Mask[i].Count(value => value > 0), request.Mask[i].Count(value => value > 0)));
    }

    [Fact]
    public void It_is_worked_on_as_though_it_were_the_clip()
    {
        string folder = Directory.CreateTempSubdirectory("ltx-crop-").FullName;
        try
        {
            string file = Path.Combine(folder, "crop.json");
            File.WriteAllText(file, """{ "based_on": "until-now", "crop": { "kind": "auto", "context": 0.5, "below": 0.4, "enlarge": 4 } }""");
            InpaintRequest request = Masked(192, 256, (60, 80, 40, 40)).InPlanes().With(p => p with { Recipe = file, Steps = 1, GenerateAudio = false });
            CropWindow window = Assert.IsType<CropWindow>(CropWindow.Of(request, RecipeBook.Open(file), Limits));
            RecordedClip clip = new(), expected = new();
            InpaintReport report = miniature.Pipeline.Run(request, clip, cancellation: TestContext.Current.CancellationToken);
            Assert.Contains(window.Sentence, report.Notes);
            Send(window.Into(expected), miniature.Run(window.Cut().With(p => p with { Recipe = "until-now" })).Frames);
            Assert.Equal(expected.Frames, clip.Frames);
            Assert.NotEqual(request.Frames, clip.Frames);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Send(IInpaintSink sink, IReadOnlyList<byte[]> frames)
    {
        sink.Begin(null);
        foreach (byte[] frame in frames) sink.Write(frame);
    }
}
