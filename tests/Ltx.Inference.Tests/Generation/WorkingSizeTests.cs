using Ltx.Inference.Generation;
using Ltx.Inference.Latents;
using Ltx.Inference.Measuring;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

public sealed class WorkingSizeTests : IDisposable
{
    private static readonly VideoScale Scale = new(8, 32, 32);
    private static readonly RecipeSize Own = RecipeBook.Open("until-now").Size, Default = RecipeBook.Open("default").Size, Official = RecipeBook.Open("official-inpaint-2.3").Size;
    private static readonly SizeLimits Usual = new(InpaintOptions.MostPixels, null);

    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose() => scope.Dispose();

    [Theory]
    [InlineData(1, 64, 64, 1, 1, 1, 64, 64)]
    [InlineData(9, 64, 64, 1, 1, 9, 64, 64)]
    [InlineData(10, 66, 130, 1, 1, 17, 128, 192)]
    [InlineData(25, 256, 384, 2, 1, 25, 256, 384)]
    [InlineData(25, 192, 320, 2, 1, 25, 256, 384)]
    [InlineData(10, 64, 64, 1, 2, 17, 64, 64)]
    [InlineData(18, 64, 64, 1, 2, 33, 64, 64)]
    public void The_padded_clip_is_the_smallest_on_the_grid_of_both_stages_and_of_the_reference(
        int frames, int height, int width, int downscale, int rate, int paddedFrames, int paddedHeight, int paddedWidth) =>
        Assert.Equal(new PixelShape(paddedFrames, paddedHeight, paddedWidth), WorkingSize.Of(new PixelShape(frames, height, width), Own, Usual, Scale, downscale, rate).Padded);

    [Theory]
    // Smaller sources are worked on larger, larger ones than the bound smaller, and what lies between as it is.
    [InlineData("default", 360, 640, 1024, 1820, 1024, 1856)]
    [InlineData("default", 1080, 1920, 1080, 1920, 1088, 1920)]
    [InlineData("default", 2048, 3072, 1180, 1770, 1216, 1792)]
    [InlineData("default", 1080, 1080, 1080, 1080, 1088, 1088)]
    // The graph brings every source to 1024 and cuts it to the grid; here it is stretched onto the same sizes.
    [InlineData("official", 1080, 1920, 1024, 1792, 1024, 1792)]
    [InlineData("official", 480, 854, 1024, 1792, 1024, 1792)]
    [InlineData("until-now", 360, 640, 360, 640, 384, 640)]
    public void The_recipe_says_how_large_a_clip_is_worked_on(string recipe, int height, int width, int contentHeight, int contentWidth, int paddedHeight, int paddedWidth)
    {
        WorkingSize size = WorkingSize.Of(new PixelShape(9, height, width), recipe == "default" ? Default : recipe == "official" ? Official : Own, Usual, Scale, 1, 1);
        Assert.Equal((contentHeight, contentWidth, paddedHeight, paddedWidth), (size.Height, size.Width, size.Padded.Height, size.Padded.Width));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("default")]
    [InlineData("official-inpaint-2.3")]
    public void No_recipe_enlarges_beyond_what_the_model_was_made_for(string? recipe)
    {
        ModelFolder miniature = ModelFolder.Open(Repository.Miniature);
        RequestShape demo = new RecipeChoice(miniature, new InpaintOptions(recipe)).Usual(new RequestShape(25, 256, 384));
        IReadOnlyList<StageWork> work = RequestWork.Of(ModelArchitecture.Of(miniature), demo, 15, 1);
        // 4 x 8 x 12 cells at full size, and a quarter of them twice in stage 1, clip and guide.
        Assert.Equal((192, 384), (work.Single(stage => stage.Stage == InpaintStage.Stage1).Tokens, work.Single(stage => stage.Stage == InpaintStage.Stage2).Tokens));
    }

    [Fact]
    public void The_price_is_said()
    {
        Assert.Equal(
            "Worked on at 1820x1024: 3712 tokens at full size, where the source's own 640x360 has 480 (7.73 times). The result has the source's size, and only what is generated is scaled.",
            new RequestShape(9, 360, 640).SizeSentence(Scale));
        Assert.Null(new RequestShape(9, 1080, 1920).SizeSentence(Scale));
    }

    [Fact]
    public void Padding_reflects_without_doubling_the_edge_and_goes_back_where_there_is_more_to_fill()
    {
        Tensor row = arange(4, ScalarType.Float32).view(1, 1, 1, 4);
        Assert.Equal([0, 1, 2, 3, 2, 1, 0, 1, 2], ClipTensors.Pad(row, new PixelShape(1, 1, 9), reflect: true).contiguous().data<float>().ToArray());
        Assert.Equal([0, 1, 2, 3, 3, 3], ClipTensors.Pad(row, new PixelShape(1, 1, 6), reflect: false).contiguous().data<float>().ToArray());
    }

    [Fact]
    public void There_and_back_gives_the_picture_and_a_constant_one_exactly()
    {
        WorkingSize size = WorkingSize.Of(new PixelShape(1, 96, 130), Default with { ShortSide = 192 }, Usual, Scale, 1, 1);
        Assert.Equal((192, 260, 192, 320), (size.Height, size.Width, size.Padded.Height, size.Padded.Width));
        Tensor rows = linspace(0, 1, 96).view(1, 1, 96, 1), columns = linspace(0, 1, 130).view(1, 1, 1, 130);
        Tensor picture = ((rows * 90 + columns * 80 + 20).expand(1, 3, 96, 130)).round().to(ScalarType.Byte);
        Tensor back = (size.ToResult(ClipTensors.ToVideo(size.ToWorking(picture, 1), ScalarType.Float32)[0].transpose(0, 1)) + 1) * 127.5f;
        Assert.Equal(picture.shape, back.shape);
        Assert.InRange((back - picture.to(ScalarType.Float32)).abs().max().item<float>(), 0, 1.5f);
        Tensor grey = full([1, 3, 7, 9], 0.3f);
        Assert.InRange((LanczosResize.Resize(grey, 20, 5) - 0.3f).abs().max().item<float>(), 0, 1e-6f);
    }

    [Fact]
    public void A_stroke_that_is_thinner_than_a_pixel_of_the_stage_is_widened_like_any_other()
    {
        Tensor mask = zeros(1, 1, 128, 128);
        mask[.., .., .., 41] = ones([]);
        WorkingSize size = WorkingSize.Of(new PixelShape(1, 128, 128), Own, Usual, Scale, 1, 1);
        StageMasks masks = StageMasks.Of(mask, size, new RecipeMask(new RecipeLength(4), MaskRule.EachSize));
        Assert.Equal(9, masks.Full[0, 0, 0].sum().item<float>());
        // Half a pixel at half size: by the graph's threshold nothing would be left.
        Assert.Equal(5, masks.Half[0, 0, 0].sum().item<float>());
        Assert.Equal(1, masks.Half[0, 0, 0, 20].item<float>());
    }

    [Fact]
    public void A_region_to_regenerate_grows_by_cells_in_space_and_time()
    {
        Tensor mask = zeros(17, 1, 160, 160);
        mask[9, 0, 70, 70] = ones([]);
        Tensor grown = 1 - ClipTensors.KeepCells(mask, Scale, 1);
        Assert.Equal([1, 3, 5, 5], grown.shape);
        // The cell (2, 2) of the last of three latent frames, its neighbours, and the frame before.
        Assert.Equal(18, grown.sum().item<float>());
        Assert.Equal([0, 9, 9], grown.sum([2, 3])[0].data<float>().ToArray());
    }
}
