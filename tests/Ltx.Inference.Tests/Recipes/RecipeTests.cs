using Ltx.Inference.Generation;
using Ltx.Inference.Recipes;
using Ltx.Inference.Sampling;

namespace Ltx.Inference.Tests.Recipes;

/// <summary>The recipes that are part of the program, against the numbers of their sources.</summary>
[Fast]
public sealed class RecipeTests
{
    private const int Tokens = 8160;

    // ltx_pipelines/utils/constants.py and the graph's ManualSigmas.
    private static readonly float[] Distilled = [1, 0.99375f, 0.9875f, 0.98125f, 0.975f, 0.909375f, 0.725f, 0.421875f, 0];

    private static Recipe Open(string name) => RecipeBook.Open(name);

    [Fact]
    public void All_are_there_and_say_where_they_come_from()
    {
        Assert.Equal(["default", "hq", "official-inpaint-2.3", "trained-mask", "until-now"], RecipeBook.Names());
        foreach (Recipe recipe in RecipeBook.Names().Select(Open))
        {
            Assert.NotEmpty(recipe.Sources);
            Assert.NotEmpty(recipe.Departures);
        }
    }

    [Fact]
    public void The_official_graph_number_for_number()
    {
        Recipe recipe = Open("official-inpaint-2.3");
        Assert.Equal(Distilled, recipe.Stage1.Schedule.Levels(15, Tokens));
        Assert.Equal([0.725f, 0.4219f, 0], recipe.Stage2.Schedule.Levels(15, Tokens));
        Assert.Equal((0.5, 1, 0.5, 1), (recipe.Stage1.Distilled, recipe.Stage1.Adapter, recipe.Stage2.Distilled, recipe.Stage2.Adapter));
        Assert.Equal((new RecipeSampler(SamplerKind.EulerCfgPp, 1, StepSeed: 1), new RecipeSampler(SamplerKind.EulerCfgPp, 0, StepSeed: 1)), (recipe.Stage1.Sampler, recipe.Stage2.Sampler));
        Assert.Equal((null, null), (recipe.Stage1.Guidance, recipe.Stage2.Guidance));
        Assert.Equal((null, null), (recipe.Stage1.LatentMask, recipe.Stage2.LatentMask));
        Assert.Equal((true, false), (recipe.Guides(recipe.Stage1), recipe.Guides(recipe.Stage2)));
        // The graph's seeds are 43 and 42.
        Assert.Equal((43, 42), (42 + recipe.Stage1.NoiseSeed, 42 + recipe.Stage2.NoiseSeed));
        Assert.Equal((30, 15), (recipe.Mask.Grow.On(1024, 1792), recipe.Mask.Grow.On(512, 896)));
        Assert.Equal(new RecipeHandover(HandoverKind.Pixels, 5), recipe.Handover);
        Assert.Equal((CompositeMode.Pyramid, 6), (recipe.Composite.Kind, recipe.Composite.LowResDilation));
        Assert.Equal(new RecipeSize(1024, true, FrameFitting.Stretch, Halving.Lanczos), recipe.Size);
        // Two forwards a step; the last step goes to the prediction itself, for which the negative prompt says nothing.
        Assert.Equal((15, 3), (recipe.Stage1.Forwards(15, 1), recipe.Stage2.Forwards(15, 1)));
        Assert.True(recipe.UsesNegativePrompt(1));
    }

    [Fact]
    public void The_default_at_eight_steps_is_the_official_graph_but_for_sizes_and_composite()
    {
        Recipe official = Open("official-inpaint-2.3"), recipe = Open("default").For(1);
        Assert.Equal(Distilled, recipe.Stage1.Schedule.Levels(8, Tokens));
        Assert.Equal(official.Stage1 with { Schedule = recipe.Stage1.Schedule }, recipe.Stage1);
        Assert.Equal(official.Stage2.Schedule.Sigmas, recipe.Stage2.Schedule.Sigmas);
        Assert.Equal(official.Stage2 with { Schedule = recipe.Stage2.Schedule }, recipe.Stage2);
        Assert.Equal((official.Handover, official.Mask, official.Guide), (recipe.Handover, recipe.Mask, recipe.Guide));
        Assert.Equal(new RecipeSize(1024, false, FrameFitting.PadReflect, Halving.Lanczos), recipe.Size);
        // The seam is as wide as the mask is widened: there begins what the model is shown of the source.
        Assert.Equal((CompositeMode.Blend, recipe.Mask.Grow), (recipe.Composite.Kind, recipe.Composite.Feather));
    }

    [Theory]
    [InlineData(8, 15)]
    [InlineData(15, 29)]
    [InlineData(30, 59)]
    public void Other_numbers_of_steps_read_the_levels_as_a_curve_over_their_index(int steps, int forwards)
    {
        RecipeStage stage = Open("default").Stage1;
        IReadOnlyList<float> levels = stage.Schedule.Levels(steps, Tokens);
        Assert.Equal(steps + 1, levels.Count);
        for (int i = 0; i <= steps; i++)
        {
            double at = 8.0 * i / steps;
            int below = Math.Min(7, (int)at);
            Assert.Equal(Distilled[below] + (Distilled[below + 1] - Distilled[below]) * (at - below), levels[i], 1e-6);
        }
        Assert.Equal(forwards, stage.Forwards(steps, 1));
    }

    [Fact]
    public void The_HQ_preset_and_the_default_at_its_guidance()
    {
        Recipe hq = Open("hq"), guided = Open("default").For(3);
        (GuidanceParameters, GuidanceParameters) preset = (new(3, Modality: 3, Rescale: 0.45), new(7, Modality: 3, Rescale: 1));
        Assert.Equal(preset, hq.Stage1.Parameters(1));
        Assert.Equal(preset, guided.Stage1.Parameters(3));
        Assert.Equal(new RecipeSampler(SamplerKind.Res2s, 0.5), hq.Stage1.Sampler);
        Assert.Equal(SigmaSchedule.Ltx2(15, Tokens), hq.Stage1.Schedule.Levels(15, Tokens));
        Assert.Equal([0.909375f, 0.725f, 0.421875f, 0], hq.Stage2.Schedule.Levels(15, Tokens));
        Assert.Equal((0.25, 0.5, 1), (hq.Stage1.Distilled, hq.Stage2.Distilled, hq.Stage1.Adapter));
        Assert.Equal(HandoverKind.Latent, hq.Handover.Kind);
        Assert.True(hq.Stage1.Guidance!.FrozenSoundStaysPositive && guided.Stage1.Guidance!.FrozenSoundStaysPositive);
        // 31 evaluations of three passes; seven of one.
        Assert.Equal((93, 7), (hq.Stage1.Forwards(15, 1), hq.Stage2.Forwards(15, 1)));
        Assert.Equal(hq.Stage1 with { Guidance = guided.Stage1.Guidance, Schedule = guided.Stage1.Schedule }, guided.Stage1);
    }

    [Theory]
    [InlineData(1.5, 1.5, 2.5, 1.5)]
    [InlineData(2, 2, 4, 2)]
    [InlineData(3, 3, 7, 3)]
    [InlineData(8, 8, 7, 3)]
    public void Guidance_goes_to_the_streams_in_the_presets_proportion(double guidance, double video, double audio, double modality)
    {
        (GuidanceParameters ofVideo, GuidanceParameters ofAudio) = Open("default").For(guidance).Stage1.Parameters(guidance);
        Assert.Equal((video, audio, modality, modality), (ofVideo.Text, ofAudio.Text, ofVideo.Modality, ofAudio.Modality));
    }

    [Fact]
    public void What_was_done_until_now()
    {
        Recipe recipe = Open("until-now");
        Assert.Equal((31, 7, 62), (recipe.Stage1.Forwards(15, 1), recipe.Stage2.Forwards(15, 1), recipe.Stage1.Forwards(15, 4)));
        Assert.Equal((new GuidanceParameters(4, Rescale: 0.45), new GuidanceParameters(4, Rescale: 1)), recipe.Stage1.Parameters(4));
        Assert.Equal((8, 12), (recipe.Mask.Grow.On(2160, 3840), recipe.Composite.Feather.On(64, 64)));
        Assert.Equal((new RecipeLatentMask(0), GuideUse.Always), (recipe.Stage1.LatentMask, recipe.Guide));
        Assert.False(recipe.UsesNegativePrompt(1));
        // Noise goes on from stage to stage.
        Assert.Equal((null, null), (recipe.Stage1.NoiseSeed, recipe.Stage2.NoiseSeed));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Mask_trained_LoRAs_get_clean_latents_and_neither_guide_nor_adapter(double guidance)
    {
        Recipe recipe = Open("trained-mask").For(guidance), plain = Open("default").For(guidance);
        Assert.Equal((GuideUse.Never, 0, 0), (recipe.Guide, recipe.Stage1.Adapter, recipe.Stage2.Adapter));
        Assert.Equal((new RecipeLatentMask(1), new RecipeLatentMask(1)), (recipe.Stage1.LatentMask, recipe.Stage2.LatentMask));
        Assert.Equal((plain.Stage1.Sampler, plain.Handover, plain.Stage1.Parameters(guidance)), (recipe.Stage1.Sampler, recipe.Handover, recipe.Stage1.Parameters(guidance)));
    }

    [Fact]
    public void A_recipe_as_it_is_shown_is_the_same_recipe()
    {
        string folder = Directory.CreateTempSubdirectory("ltx-recipes-").FullName;
        try
        {
            foreach (string name in RecipeBook.Names())
            {
                string text = RecipeBook.Text(Open(name));
                File.WriteAllText(Path.Combine(folder, name + ".json"), text);
                Assert.Equal(text, RecipeBook.Text(RecipeBook.Open(Path.Combine(folder, name + ".json"))));
                Assert.DoesNotContain("based_on", text, StringComparison.Ordinal);
            }
            // The operator's stand before the program's, by name.
            File.WriteAllText(Path.Combine(folder, "mine.json"), """{ "based_on": "hq", "description": "mine", "stage_2": { "distilled": 0.75 } }""");
            Recipe mine = RecipeBook.Open("mine", folder);
            Assert.Equal((0.75, 0.25, "mine"), (mine.Stage2.Distilled, mine.Stage1.Distilled, mine.Name));
            Assert.Contains("mine", RecipeBook.Names(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("""{ "based_on": "hq", "stage_1": { "distiled": 1 } }""", "distiled")]
    [InlineData("""{ "based_on": "hq", "stage_1": { "schedule": { "kind": "listed", "sigmas": [1, 0.5, 0.6, 0] } } }""", "stage_1.schedule.sigmas must fall")]
    [InlineData("""{ "based_on": "hq", "stage_1": { "schedule": { "kind": "listed", "sigmas": [0.9, 0.5, 0] } } }""", "its first sigma must be 1")]
    [InlineData("""{ "based_on": "hq", "stage_2": { "sampler": { "kind": "euler", "eta": 0.5 } } }""", "euler has no eta")]
    [InlineData("""{ "based_on": "hq", "mask": { "grow": { "pixels": -1 } } }""", "mask.grow.pixels must be between 0 and 4096")]
    [InlineData("""{ "based_on": "hq", "crop": { "kind": "auto", "context": 0.5, "below": 2, "enlarge": 4 } }""", "crop.below must be above 0 and at most 1")]
    [InlineData("""{ "based_on": "official-inpaint-2.3", "crop": { "kind": "auto", "context": 0.5, "below": 0.4, "enlarge": 4 } }""", "crop wants a composite that keeps the source around the mask")]
    [InlineData("""{ "based_on": "nothing" }""", "There is no recipe \"nothing\"")]
    [InlineData("""{ "based_on": "self" }""", "is based on itself")]
    [InlineData("[1]", "it is no object")]
    [InlineData("{", "is not valid JSON (line 1")]
    public void What_is_not_sound_is_refused_with_a_sentence(string json, string sentence)
    {
        string folder = Directory.CreateTempSubdirectory("ltx-recipes-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "self.json"), json);
            Assert.Contains(sentence, Assert.Throws<RecipeException>(() => RecipeBook.Open("self", folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_operators_options_stand_over_the_recipe_and_are_named()
    {
        InpaintOptions options = new(MaskDilation: 3, LatentMask: true, WorkingShortSide: 0, Composite: CompositeMode.Hard, Feather: 5, ReferenceInStage2: true);
        Recipe recipe = options.Over(Open("default"));
        Assert.Equal((3, 5, null, CompositeMode.Hard, true), (recipe.Mask.Grow.On(2000, 2000), recipe.Composite.Feather.On(2000, 2000), recipe.Size.ShortSide, recipe.Composite.Kind, recipe.Guides(recipe.Stage2)));
        Assert.Equal((new RecipeLatentMask(1), new RecipeLatentMask(1)), (recipe.Stage1.LatentMask, recipe.Stage2.LatentMask));
        Assert.Equal("MaskDilation 3, Feather 5, LatentMask true, ReferenceInStage2 true, Composite hard, WorkingShortSide 0", options.Overrides);
        Assert.Equal("", new InpaintOptions().Overrides);
        Assert.Null(new InpaintOptions(LatentMask: false).Over(Open("until-now")).Stage1.LatentMask);
    }
}
