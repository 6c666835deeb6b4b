using Ltx.Inference.Costs;
using Ltx.Inference.Latents;
using Ltx.Inference.Measuring;
using Ltx.Inference.Planning;
using Ltx.Inference.Recipes;
using Ltx.Inference.Synthesis;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Measuring;

/// <summary>The arithmetic of LTX-2.3, against numbers that were counted apart from this code; they are rounded to whole TFLOP.</summary>
[Fast]
public sealed class WorkTests
{
    private const double Tera = 1e12, Rounding = 0.75;

    // Floors in seconds were counted with a little more than these two rates.
    private const double FloorTolerance = 0.02;

    private const int AudioTokens = 126, Text = 1024;

    private static readonly ModelArchitecture Model = ModelArchitecture.Of(Imagined("ltx-2.3-22b"));

    private static readonly PixelShape Clip = new(121, 1088, 1920);

    private static RequestShape Request(string recipe) => new(121, 1080, 1920) { Recipe = RecipeBook.Open(recipe) };

    internal static ModelFolder Imagined(string preset, int? layers = null)
    {
        string models = Path.Combine(Repository.Root, "models");
        return new ImaginedModel(ModelPreset.Read(Path.Combine(models, "presets", $"{preset}.json")), new SynthesisOptions(layers), models).Folder;
    }

    [Theory]
    [InlineData(8160, 216, 60, 0.40)]
    [InlineData(16320, 426, 224, 0.95)]
    [InlineData(32640, 848, 867, 2.53)]
    [InlineData(65280, 1690, 3411, 7.63)]
    public void A_forward(int tokens, double products, double attention, double seconds)
    {
        Operations work = new TransformerCosts(Model.Transformer, new TransformerPass(tokens, AudioTokens, Text), CostBasis.Any).Operations;
        Assert.Equal(products, work.Products / Tera, Rounding);
        Assert.Equal(attention, work.Attention / Tera, Rounding);
        Assert.Equal(0, work.Convolutions);
        Assert.Equal(seconds, Ceiling.Known("NVIDIA H100 80GB HBM3")!.Seconds(work), FloorTolerance * seconds + 0.005);
    }

    [Fact]
    public void The_video_VAE()
    {
        LatentShape latent = Clip.ToLatent(Model.VideoVae.Scale);
        Assert.Equal(624, VideoVaeCosts.Decode(Model.VideoVae, latent, CostBasis.Any).Operations.Convolutions / Tera, Rounding);
        Assert.Equal(605, VideoVaeCosts.Encode(Model.VideoVae, Clip, CostBasis.Any).Operations.Convolutions / Tera, Rounding);
        Assert.Equal(151, VideoVaeCosts.Encode(Model.VideoVae, Clip with { Height = 544, Width = 960 }, CostBasis.Any).Operations.Convolutions / Tera, Rounding);
    }

    [Fact]
    public void The_upsampler() => Assert.Equal(19, new UpsamplerCosts(Model.Upsampler, new LatentShape(16, 17, 30), CostBasis.Any).Operations.Convolutions / Tera, Rounding);

    [Fact]
    public void A_request_stage_by_stage()
    {
        IReadOnlyList<StageWork> stages = RequestWork.Of(Model, Request("until-now"), 15, 1);
        StageWork Stage(string name) => stages.Single(stage => stage.Stage.Name() == name);
        Assert.Equal((31, 16320), (Stage("stage 1").Evaluations, Stage("stage 1").Tokens));
        Assert.Equal((7, 32640), (Stage("stage 2").Evaluations, Stage("stage 2").Tokens));
        Assert.Equal(30, Stage("prompt").Work.Total / Tera, Rounding);
        Assert.Equal(605 + 2 * 151, Stage("source").Work.Total / Tera, 2 * Rounding);
        // Denoising alone, on an H100.
        Operations denoising = Stage("stage 1").Work + Stage("stage 2").Work;
        Assert.Equal(47.1, Ceiling.Known("NVIDIA H100 80GB HBM3")!.Seconds(denoising), FloorTolerance * 47.1);
    }

    [Fact]
    public void Guidance_doubles_the_first_stage_and_the_prompt_and_a_second_reference_the_second_stages_tokens()
    {
        RequestShape guide = Request("until-now");
        IReadOnlyList<StageWork> plain = RequestWork.Of(Model, Request("until-now"), 8, 1);
        IReadOnlyList<StageWork> more = RequestWork.Of(Model, guide with { Recipe = guide.Recipe with { Stage2 = guide.Recipe.Stage2 with { Guide = true } } }, 8, 4);
        double Ratio(string name) => more.Single(stage => stage.Stage.Name() == name).Work.Total / plain.Single(stage => stage.Stage.Name() == name).Work.Total;
        Assert.Equal(2, Ratio("stage 1"), 1e-9);
        Assert.Equal(2, Ratio("prompt"), 1e-9);
        Assert.Equal(2 * 32640, more.Single(stage => stage.Stage == InpaintStage.Stage2).Tokens);
        Assert.Equal(1, Ratio("frames"), 1e-9);
    }

    [Theory]
    [InlineData("NVIDIA A10")]
    [InlineData("")]
    public void A_card_that_nobody_measured_has_no_ceiling(string name) => Assert.Null(Ceiling.Known(name));
}
