using Ltx.Inference.Lora;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Lora;

public sealed class LoraFileTests : IDisposable
{
    private const string Layer = "diffusion_model.transformer_blocks.0.attn1.to_q";

    private readonly LoraFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("lora_A.weight", "lora_B.weight")]
    [InlineData("lora_A.default.weight", "lora_B.default.weight")]
    [InlineData("lora_down.weight", "lora_up.weight")]
    [InlineData("lora.down.weight", "lora.up.weight")]
    public void Both_halves_are_found_in_every_spelling(string down, string up)
    {
        using LoraFile file = LoraFile.Open(folder.Write("a.safetensors", (down, up), [LoraPart.Filled(Layer, 6, 4, rank: 3)]));
        LoraModule module = Assert.Single(file.Modules);
        LowRankPair pair = module.LowRank!;
        Assert.Equal((Layer, 3, 1), (module.Name, pair.Rank, pair.Scale));
        Assert.Equal([3, 6], pair.Down.Shape);
        Assert.Equal([4, 3], pair.Up.Shape);
        Assert.Null(module.Difference ?? module.BiasDifference);
    }

    [Fact]
    public void Alpha_over_rank_scales_a_module_and_none_means_one()
    {
        string path = folder.Write("a.safetensors",
        [
            ("a.lora_down.weight", [4, 2], new float[8]), ("a.lora_up.weight", [2, 4], new float[8]), ("a.alpha", [], [2]),
            ("b.lora_down.weight", [4, 2], new float[8]), ("b.lora_up.weight", [2, 4], new float[8]), ("b.alpha", [1], [8]),
            ("c.lora_down.weight", [4, 2], new float[8]), ("c.lora_up.weight", [2, 4], new float[8]),
        ]);
        using LoraFile file = LoraFile.Open(path);
        Assert.Equal([0.5, 2, 1], file.Modules.OrderBy(module => module.Name).Select(module => module.LowRank!.Scale));
    }

    [Theory]
    [InlineData("dora_scale", "DoRA")]
    [InlineData("lora_magnitude_vector", "DoRA")]
    [InlineData("lora_magnitude_vector.weight", "DoRA")]
    [InlineData("hada_w1_a", "LoHa")]
    [InlineData("lokr_w1", "LoKr")]
    [InlineData("lokr_w1_a", "LoKr")]
    [InlineData("oft_blocks", "OFT")]
    [InlineData("set_weight", "a full replacement")]
    public void Another_kind_is_refused_by_its_name_even_beside_low_rank_parts(string ending, string kind)
    {
        string path = folder.Write("other.safetensors",
            [($"{Layer}.{ending}", [2, 2], new float[4]), ($"{Layer}.lora_A.weight", [1, 2], new float[2]), ($"{Layer}.lora_B.weight", [2, 1], new float[2])]);
        Assert.Equal(
            $"{path} is {kind} (\"{Layer}.{ending}\"), and only low-rank LoRAs (lora_A/lora_B or lora_down/lora_up) and differences (diff, diff_b) can be merged.",
            Assert.Throws<WeightsException>(() => LoraFile.Open(path)).Message);
    }

    public static TheoryData<string, string> Damaged => new()
    {
        { "x.weight:2,2", "is no LoRA: none of its 1 tensors is a lora_A or lora_down (the first is \"x.weight\")" },
        { "a.alpha:", "is no LoRA" },
        { "a.lora_A.weight:1,2 a.lora_B.weight:2,1 a.lora_mid.weight:1,1", "1 tensors that belong to no low-rank module (the first is \"a.lora_mid.weight\")" },
        { "a.lora_A.weight:1,2", "only one half of the module \"a\"" },
        { "a.lora_A.weight:1,2 b.lora_B.weight:2,1", "only one half of the module" },
        { "a.lora_A.weight:1,2 a.lora_B.weight:2,2", "the two halves of \"a\" do not fit: [1,2] and [2,2]" },
        { "a.lora_A.weight:2 a.lora_B.weight:2,1", "do not fit" },
        { "a.lora_A.weight:0,2 a.lora_B.weight:2,0", "do not fit" },
        { "a.lora_down.weight:1,2,1,1 a.lora_up.weight:2,1,1,1", "do not fit" },
        { "a.lora_A.weight:1,2 a.lora_down.weight:1,2 a.lora_B.weight:2,1", "the module \"a\" twice" },
        { "a.lora_A.weight:1,2 a.lora_B.weight:2,1 a.alpha:2", "\"a.alpha\" is not one number" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void A_file_that_is_no_sound_LoRA_is_refused_by_a_sentence(string tensors, string sentence)
    {
        (string, long[], float[])[] parts = [.. tensors.Split(' ').Select(tensor => tensor.Split(':')).Select(tensor =>
        {
            long[] shape = tensor[1].Length == 0 ? [] : [.. tensor[1].Split(',').Select(long.Parse)];
            return (tensor[0], shape, new float[shape.Aggregate(1L, (a, b) => a * b)]);
        })];
        string path = folder.Write("damaged.safetensors", parts);
        WeightsException refused = Assert.Throws<WeightsException>(() => LoraFile.Open(path));
        Assert.Equal(Fault.Input, refused.Fault);
        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_alpha_that_is_not_finite_is_refused()
    {
        string path = folder.Write("a.safetensors", [("a.lora_A.weight", [1, 1], [1]), ("a.lora_B.weight", [1, 1], [1]), ("a.alpha", [], [float.NaN])]);
        Assert.Contains("\"a.alpha\" is NaN", Assert.Throws<WeightsException>(() => LoraFile.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("reference_downscale_factor", "2", 2, 1)]
    [InlineData("reference_downscale_factor", "2.0", 2, 1)]
    [InlineData("reference_spatial_scale_factor", "3", 3, 1)]
    [InlineData("reference_temporal_scale_factor", "2", 1, 2)]
    public void Metadata_tells_the_reference(string key, string value, int downscale, int temporal)
    {
        using LoraFile file = folder.Open("a.safetensors", [LoraPart.Filled(Layer, 2, 2)], (key, value));
        Assert.True(file.HasReference);
        Assert.Equal((downscale, temporal), (file.ReferenceDownscale, file.ReferenceTemporalScale));
    }

    [Fact]
    public void Without_metadata_the_reference_is_as_large_as_the_clip()
    {
        using LoraFile file = folder.Open("a.safetensors", [LoraPart.Filled(Layer, 2, 2)]);
        Assert.False(file.HasReference);
        Assert.Equal((1, 1), (file.ReferenceDownscale, file.ReferenceTemporalScale));
    }

    [Fact]
    public void Metadata_and_names_of_megabytes_are_quoted_in_part()
    {
        string metadata = folder.Write("a.safetensors", [LoraPart.Filled(Layer, 2, 2)], ("reference_downscale_factor", new string('9', 3_000_000) + "\U0001f600"));
        string names = folder.Write("b.safetensors", [LoraPart.Filled(new string('x', 2_000_000), 2, 2), LoraPart.Filled(Layer, 2, 2)], ("reference_downscale_factor", "0"));
        Assert.All([metadata, names], path => Assert.InRange(Assert.Throws<WeightsException>(() => LoraFile.Open(path)).Message.Length, 1, InferenceException.Longest));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("1.5")]
    [InlineData("-2")]
    [InlineData("NaN")]
    [InlineData("1e9")]
    public void A_factor_that_is_none_is_refused_by_its_text(string value)
    {
        string path = folder.Write("a.safetensors", [LoraPart.Filled(Layer, 2, 2)], ("reference_downscale_factor", value));
        Assert.Contains($"reference_downscale_factor as \"{value}\"", Assert.Throws<WeightsException>(() => LoraFile.Open(path)).Message, StringComparison.Ordinal);
    }
}
