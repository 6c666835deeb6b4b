using Ltx.Inference.Generation;
using Ltx.Inference.Lora;
using Ltx.Inference.Recipes;
using Ltx.Inference.Tests.Lora;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Tests.Generation;

public sealed class LoraSetTests : IDisposable
{
    private const string Layer = "diffusion_model.transformer_blocks.0.attn1.to_q";

    private static readonly Recipe Recipe = RecipeBook.Open("hq");

    private readonly LoraFolder folder = new();
    // The golden model, because it has a distilled LoRA.
    private readonly InpaintModels models = new(ModelFolder.Open(Path.Combine(Repository.Goldens, "model")), CPU, ScalarType.BFloat16);

    public void Dispose()
    {
        models.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Each_is_used_in_its_stages_at_its_scale_and_the_distilled_one_in_both_at_its_own()
    {
        using LoraSet set = LoraSet.Open([new(Write("a"), 0.5), new(Write("b"), 0.6, LoraStages.Stage1), new(Write("c"), 0.7, LoraStages.Stage2)], models);
        string distilled = models.Distilled!.Name;
        Assert.Equal([("a", 0.5), ("b", 0.6), (distilled, 0.25)], Uses(set.InStage1(Recipe.Stage1)));
        Assert.Equal([("a", 0.5), ("c", 0.7), (distilled, 0.5)], Uses(set.InStage2(Recipe.Stage2)));
        Assert.Equal(["a", "b", "c"], set.Matches.Select(match => match.Name));
        Assert.All(set.Matches, match => Assert.Equal(1, match.Matched));
    }

    [Fact]
    public void Without_the_users_there_is_the_models_own_and_a_reference_of_full_size()
    {
        using LoraSet set = LoraSet.Open([], models);
        Assert.Equal([(models.Distilled!.Name, 0.25)], Uses(set.InStage1(Recipe.Stage1)));
        Assert.Empty(set.Matches);
        Assert.Equal((1, 1), (set.ReferenceDownscale, set.ReferenceTemporalScale));
    }

    [Fact]
    public void The_reference_is_the_one_that_any_of_them_names()
    {
        using LoraSet set = LoraSet.Open([new(Write("plain")), new(Write("small", ("reference_downscale_factor", "2"), ("reference_temporal_scale_factor", "3")))], models);
        Assert.Equal((2, 3), (set.ReferenceDownscale, set.ReferenceTemporalScale));
    }

    [Fact]
    public void Two_that_disagree_on_the_reference_are_refused_by_both_names()
    {
        LoraChoice[] choices = [new(Write("half", ("reference_downscale_factor", "2"))), new(Write("plain")), new(Write("slow", ("reference_downscale_factor", "3")))];
        InferenceException refused = Assert.ThrowsAny<InferenceException>(() => LoraSet.Open(choices, models));
        Assert.Equal(Fault.Input, refused.Fault);
        Assert.Equal("The LoRAs half (size 1/2, rate 1/1) and slow (size 1/3, rate 1/1) were trained with different references and cannot be used together.", refused.Message);
    }

    [Fact]
    public void Two_that_agree_are_used_together()
    {
        using LoraSet set = LoraSet.Open([new(Write("one", ("reference_downscale_factor", "2"))), new(Write("two", ("reference_downscale_factor", "2.0")))], models);
        Assert.Equal(2, set.ReferenceDownscale);
    }

    [Fact]
    public void One_that_turns_out_to_be_broken_while_it_is_merged_is_told_by_its_place()
    {
        string bad = folder.Write("bad", [LoraPart.Filled(Layer, 64, 64, down: float.NaN)]);
        using LoraSet set = LoraSet.Open([new(Write("good")), new(bad), new(Write("other"))], models);
        LoraException refused = Assert.Throws<LoraException>(() => set.Merge(models.Merger, set.InStage1(Recipe.Stage1)));
        Assert.Equal((1, "The LoRA bad holds numbers that are not finite, or gives them at its scale."), (refused.Index, refused.Message));
    }

    [Fact]
    public void A_factor_of_one_says_nothing_and_size_and_rate_are_two_things()
    {
        LoraChoice[] choices = [new(Write("one", ("reference_downscale_factor", "1"))), new(Write("half", ("reference_downscale_factor", "2"))), new(Write("slow", ("reference_temporal_scale_factor", "2")))];
        using LoraSet set = LoraSet.Open(choices, models);
        Assert.Equal((2, 2), (set.ReferenceDownscale, set.ReferenceTemporalScale));
    }

    [Fact]
    public void Beside_the_adapter_a_factor_of_a_LoRA_of_the_users_decides_and_both_are_used()
    {
        using InpaintModels adapted = new(ModelFolder.Open(Path.Combine(Repository.OtherGoldens, "model")), CPU, ScalarType.BFloat16);
        LoraFile adapter = adapted.Adapter!;
        // As the published one: a factor is stated, and it is 1.
        Assert.Equal((true, 1), (adapter.HasReference, adapter.ReferenceDownscale));
        string half = folder.Write("half", [LoraPart.Filled(Layer, 72, 72)], ("reference_downscale_factor", "2"), ("reference_temporal_scale_factor", "3"));
        using LoraSet set = LoraSet.Open([new(half, 0.5)], adapted);
        Assert.Equal((2, 3), (set.ReferenceDownscale, set.ReferenceTemporalScale));
        Assert.Equal([("half", 0.5), (adapter.Name, 1), (adapted.Distilled!.Name, 0.25)], Uses(set.InStage1(Recipe.Stage1)));
    }

    [Fact]
    public void Three_are_the_most()
    {
        LoraChoice[] four = [.. "abcd".Select(name => new LoraChoice(Write(name.ToString())))];
        using LoraSet three = LoraSet.Open(four[..3], models);
        Assert.Equal(4, three.InStage1(Recipe.Stage1).Count);
        Assert.Contains("at most 3", Assert.ThrowsAny<InferenceException>(() => LoraSet.Open(four, models)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_refused_is_closed_with_the_others()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "asks Linux what is mapped");
        string good = Write("good"), bad = folder.Write("bad", [LoraPart.Filled("nothing.of.this.model", 2, 2)]);
        Assert.ThrowsAny<InferenceException>(() => LoraSet.Open([new(good), new(bad)], models));
        Assert.DoesNotContain(folder.At(""), File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
    }

    private string Write(string name, params (string, string)[] metadata) => folder.Write(name, [LoraPart.Filled(Layer, 64, 64)], metadata);

    private static IEnumerable<(string, double)> Uses(IReadOnlyList<LoraUse> uses) => uses.Select(use => (use.File.Name, use.Strength));
}
