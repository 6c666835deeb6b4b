using Ltx.Inference.Generation;
using Ltx.Inference.Lora;
using Ltx.Inference.Recipes;
using Ltx.Inference.Tests.Lora;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Generation;

/// <summary>Which recipe a request gets, by the LoRAs that it brings and by what the model has.</summary>
public sealed class RecipeChoiceTests : IDisposable
{
    private const string Attention = "diffusion_model.transformer_blocks.0.attn1.to_k", Text = "diffusion_model.transformer_blocks.3.attn2.to_out.0", FeedForward = "diffusion_model.transformer_blocks.0.ff.net.2";

    private static readonly GenerationParameters Asked = new("") { Steps = 8 };

    private readonly LoraFolder folder = new();
    private readonly List<LoraFile> opened = [];
    private readonly List<string> notes = [];

    public void Dispose()
    {
        opened.ForEach(file => file.Dispose());
        folder.Dispose();
    }

    [Theory]
    [InlineData(LoraKind.Mask, "", Attention, Text)]
    [InlineData(LoraKind.Reference, "", Attention, FeedForward)]
    [InlineData(LoraKind.Neither, "", Attention, "diffusion_model.transformer_blocks.0.audio_attn1.to_k")]
    [InlineData(LoraKind.Mask, "", "lora_unet_transformer_blocks_0_attn1_to_out_0")]
    [InlineData(LoraKind.Neither, "", "lora_unet_transformer_blocks_0_audio_attn1_to_k")]
    [InlineData(LoraKind.Mask, "mask", Attention, FeedForward)]
    [InlineData(LoraKind.Reference, "reference", Attention)]
    [InlineData(LoraKind.Neither, "none", Attention)]
    public void Metadata_says_how_a_LoRA_was_trained_and_otherwise_its_form(LoraKind kind, string said, params string[] modules) =>
        Assert.Equal(kind, Write("a", modules, said.Length == 0 ? [] : [(LoraFile.KindKey, said)]).Kind);

    [Fact]
    public void A_reference_factor_says_so_too_but_for_one()
    {
        Assert.Equal(LoraKind.Reference, Write("half", [Attention], ("reference_downscale_factor", "2")).Kind);
        Assert.Equal(LoraKind.Mask, Write("one", [Attention], ("reference_downscale_factor", "1")).Kind);
        Assert.Contains("none of mask, reference and none", Assert.Throws<WeightsException>(() => Write("odd", [Attention], (LoraFile.KindKey, "both"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void With_the_adapter_a_request_gets_the_guide_and_mask_trained_LoRAs_their_own_recipe()
    {
        LoraFile mask = Write("mask", [Attention]), reference = Write("reference", [Attention, FeedForward]), style = Write("style", ["diffusion_model.adaln_single.linear"]);
        Recipe plain = Choose(Model(adapter: true), []);
        Assert.Equal(("default", null), (plain.Name, plain.Stage1.LatentMask));
        Assert.True(plain.Guides(plain.Stage1));
        Assert.Equal("default", Choose(Model(adapter: true), [reference]).Name);
        Assert.Equal("default", Choose(Model(adapter: true), [style]).Name);

        notes.Clear();
        Assert.Equal("trained-mask", Choose(Model(adapter: true), [mask, style]).Name);
        Assert.Contains("LoRA mask is taken for one that was trained with clean latents and no guide: its file does not say, and it changes attention alone.", notes);

        Recipe both = Choose(Model(adapter: true), [mask, reference]);
        Assert.True(both.Guides(both.Stage1));
        Assert.Equal((new RecipeLatentMask(1), new RecipeLatentMask(1)), (both.Stage1.LatentMask, both.Stage2.LatentMask));

        // The operator knows better.
        Assert.Equal("default", Choose(Model(adapter: true), [mask], new InpaintOptions(LoraKind: LoraKind.Reference)).Name);
        Assert.Equal("trained-mask", Choose(Model(adapter: true), [reference], new InpaintOptions(LoraKind: LoraKind.Mask)).Name);
        // And a recipe that is named stays.
        Assert.Equal("hq", Choose(Model(adapter: true), [mask], new InpaintOptions("hq")).Name);
    }

    [Fact]
    public void Without_an_adapter_nothing_green_is_given_unless_a_LoRA_or_the_model_knows_it()
    {
        Recipe alone = Choose(Model(), []);
        Assert.False(alone.Guides(alone.Stage1));
        Assert.NotNull(alone.Stage1.LatentMask);
        Assert.Contains(notes, note => note.Contains("none is given", StringComparison.Ordinal));
        Assert.Contains("No in/outpainting adapter is installed", new RecipeChoice(Model(), new InpaintOptions()).Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("adapter", new RecipeChoice(Model(adapter: true), new InpaintOptions()).Sentence, StringComparison.Ordinal);

        Recipe known = Choose(Model() with { KnowsGuide = true }, []), reference = Choose(Model(), [Write("reference", [FeedForward])]), hq = Choose(Model(), [], new InpaintOptions("hq"));
        Assert.True(known.Guides(known.Stage1) && reference.Guides(reference.Stage1));
        Assert.False(hq.Guides(hq.Stage1));
        Assert.Equal(new RecipeLatentMask(1), hq.Stage1.LatentMask);
        // So that old seeds can be repeated.
        Recipe old = Choose(Model(), [], new InpaintOptions("until-now"));
        Assert.True(old.Guides(old.Stage1));
    }

    [Fact]
    public void The_miniature_has_its_own_recipe_and_what_is_not_used_is_said()
    {
        ModelFolder miniature = ModelFolder.Open(Repository.Miniature);
        RecipeChoice choice = new(miniature, new InpaintOptions(Feather: 3));
        Assert.Equal("Recipe miniature/recipe.json, with Feather 3.", choice.Sentence);
        Recipe own = Choose(miniature, []);
        Assert.True(own.Guides(own.Stage1));
        Assert.NotNull(own.Stage1.LatentMask);

        notes.Clear();
        new RecipeChoice(Model(adapter: true), new InpaintOptions("official-inpaint-2.3")).For(Asked with { Steps = 15, GuidanceScale = 2 }, [], notes.Add);
        Assert.Contains("The recipe has 8 steps of its own; the 15 that were asked for are not used.", notes);
        Assert.Contains("The recipe has a guidance of its own; the one that was asked for is not used.", notes);
    }

    [Fact]
    public void A_LoRA_of_the_second_stage_alone_does_not_bring_the_guide_into_the_first()
    {
        LoraFile reference = Write("reference", [FeedForward]);
        Recipe recipe = Choose(Model(), [reference], stages: LoraStages.Stage2);
        Assert.False(recipe.Guides(recipe.Stage1));
        recipe = Choose(Model(), [reference], stages: LoraStages.Stage1);
        Assert.True(recipe.Guides(recipe.Stage1));
        // Where it decides that, it is said what it was taken for.
        Assert.Contains(notes, note => note.StartsWith("LoRA reference is taken for", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("default", true, null)]
    [InlineData("trained-mask", true, "video_strength is how strongly the guide holds, and no guide is given; it is not used.")]
    [InlineData("default", false, "video_strength is how strongly the guide holds, and no guide is given; it is not used.")]
    [InlineData("official-inpaint-2.3", true, "The recipe blends softly far beyond the mask: pixels there are computed anew, near the source's and not equal to them.")]
    public void What_a_recipe_does_not_heed_or_keep_is_said(string name, bool adapter, string? said)
    {
        new RecipeChoice(Model(adapter), new InpaintOptions(name)).For(Asked with { VideoStrength = 0.5 }, [], notes.Add);
        if (said is not null) Assert.Contains(said, notes);
        else Assert.Equal(["Recipe default."], notes);
    }

    private Recipe Choose(ModelFolder model, LoraFile[] loras, InpaintOptions? options = null, LoraStages stages = LoraStages.Both) =>
        new RecipeChoice(model, options ?? new InpaintOptions()).For(Asked, [.. loras.Select(lora => (lora, stages))], notes.Add);

    private static ModelFolder Model(bool adapter = false) => new("model", "checkpoint", "upscaler", null, adapter ? "adapter" : null, "text", PromptExpansion: false);

    private LoraFile Write(string name, string[] modules, params (string, string)[] metadata)
    {
        LoraFile file = folder.Open(name, [.. modules.Select(module => LoraPart.Filled(module, 4, 4))], metadata);
        opened.Add(file);
        return file;
    }
}
