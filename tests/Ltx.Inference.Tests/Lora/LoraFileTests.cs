using Ltx.Inference.Lora;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Lora;

[Fast]
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
    [InlineData("lora_A.default_0.weight", "lora_B.default_0.weight")]
    [InlineData("lora_A.my_style.weight", "lora_B.my_style.weight")]
    [InlineData("lora_down.my-style.weight", "lora_up.my-style.weight")]
    [InlineData("lora_A", "lora_B")]
    [InlineData("lora_A.default", "lora_B.default")]
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
    [InlineData("hada_w1_b", "LoHa")]
    [InlineData("lokr_w2", "LoKr")]
    [InlineData("oft_blocks", "OFT")]
    [InlineData("oft_diag", "OFT")]
    [InlineData("on_input", "IA3")]
    [InlineData("lora_mid.weight", "a LoRA with a core between its halves")]
    [InlineData("reshape_weight", "one that changes the shape of a layer")]
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
        { "a.lora_A.weight:1,2 a.lora_B.weight:2,1 a.lora_new.weight:1,1", "1 tensors of its modules that mean nothing here (the first is \"a.lora_new.weight\")" },
        { "a.lora_A.weight:1,2 a.lora_B.weight:2,1 a.lora_A.bias:1", "mean nothing here (the first is \"a.lora_A.bias\")" },
        { "a.lora_A.weight:1,2 a.lora_B.weight:2,1 b.lora_B.bias:2", "only one half of the module \"b\"" },
        { "a.lora_A.one.weight:1,2 a.lora_A.two.weight:1,2 a.lora_B.one.weight:2,1", "it holds several adapters (\"one\" and \"two\")" },
        { "a.lora_A.weight:1,2", "only one half of the module \"a\"" },
        { "a.lora_A.weight:1,2 b.lora_B.weight:2,1", "only one half of the module" },
        { "a.lora_A.weight:1,2 a.lora_B.weight:2,2", "the two halves of \"a\" do not fit: [1,2] and [2,2]" },
        { "a.lora_A.weight:2 a.lora_B.weight:2,1", "do not fit" },
        { "a.lora_A.weight:0,2 a.lora_B.weight:2,0", "do not fit" },
        { "a.lora_down.weight:1,2,3,3 a.lora_up.weight:2,1,1,1", "do not fit: [1,2,3,3] and [2,1,1,1]" },
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
    [InlineData("I64", "0800000000000000")]
    [InlineData("I32", "08000000")]
    [InlineData("I16", "0800")]
    [InlineData("U8", "08")]
    [InlineData("F64", "0000000000002040")]
    [InlineData("BF16", "0041")]
    public void An_alpha_is_one_number_of_any_type(string type, string bytes)
    {
        byte[] halves = new byte[4 * 2 * sizeof(float)];
        string path = folder.Write("a.safetensors", [("a.lora_A.weight", "F32", [4, 2], halves), ("a.lora_B.weight", "F32", [2, 4], halves), ("a.alpha", type, [1], Convert.FromHexString(bytes))]);
        using LoraFile file = LoraFile.Open(path);
        Assert.Equal((2, null), (Assert.Single(file.Modules).LowRank!.Scale, file.Strength));
    }

    public static TheoryData<string, string, double, double> Stated => new()
    {
        { "lora_adapter_metadata", """{"transformer.r":4,"transformer.lora_alpha":8,"transformer.target_modules":["to_q"]}""", 2, 2 },
        { "lora_adapter_metadata", """{"r":4,"lora_alpha":8,"use_rslora":true}""", 4, 4 },
        { "lora_adapter_metadata", """{"transformer.r":4,"transformer.lora_alpha":8,"text_encoder.r":4,"text_encoder.lora_alpha":1}""", 2, 2 },
        { "lora_adapter_metadata", """{"transformer.r":4,"transformer.lora_alpha":8,"transformer.alpha_pattern":{"to_k":2}}""", 2, 0.5 },
        { "lora_adapter_metadata", """{"transformer.r":16,"transformer.lora_alpha":16,"transformer.rank_pattern":{"blocks\\.[0-9]+\\.to_q":4,"to_z":1}}""", 4, 1 },
        { "lora_adapter_metadata", """{"transformer.r":4,"transformer.lora_alpha":8,"transformer.alpha_pattern":{"^blocks.0.to_q":4}}""", 1, 2 },
        { "lora_alpha", "8", 2, 2 },
        { "lora_alpha", "8.0", 2, 2 },
    };

    [Theory]
    [MemberData(nameof(Stated))]
    public void Where_no_alpha_stands_the_metadata_say_the_strength_and_the_report_says_so(string key, string value, double query, double keyed)
    {
        using LoraFile file = folder.Open("a.safetensors", [LoraPart.Filled("transformer.blocks.0.to_q", 2, 2, rank: 4), LoraPart.Filled("transformer.blocks.0.to_k", 2, 2, rank: 4)], (key, value));
        Assert.Equal([keyed, query], file.Modules.Select(module => module.LowRank!.Scale));
        Assert.StartsWith("its metadata state alpha ", file.Strength, StringComparison.Ordinal);
        Assert.EndsWith("which is used", file.Strength, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lora_adapter_metadata", "{\"transformer.r\":", "a strength that cannot be read")]
    [InlineData("lora_adapter_metadata", "{\"lora_alpha\":8,\"r\":0}", "a strength that cannot be read")]
    [InlineData("lora_adapter_metadata", "{\"lora_alpha\":8,\"alpha_pattern\":{\"(\":1}}", "a strength that cannot be read")]
    [InlineData("lora_adapter_metadata", "{\"a.lora_alpha\":8,\"b.lora_alpha\":4}", "a strength that cannot be read")]
    [InlineData("lora_adapter_metadata", "{\"lora_alpha\":8,\"lora_alpha\":4}", "a strength that cannot be read")]
    [InlineData("lora_adapter_metadata", "[8]", "a strength that cannot be read")]
    [InlineData("lora_alpha", "strong", "a strength that cannot be read")]
    [InlineData("lora_adapter_metadata", "{\"r\":8}", null)]
    [InlineData("rank", "8", null)]
    public void What_states_nothing_that_can_be_read_changes_nothing_and_is_told(string key, string value, string? told)
    {
        using LoraFile file = folder.Open("a.safetensors", [LoraPart.Filled(Layer, 2, 2, rank: 4)], (key, value));
        Assert.Equal(1, file.Modules[0].LowRank!.Scale);
        if (told is null) Assert.Null(file.Strength);
        else Assert.Contains(told, file.Strength, StringComparison.Ordinal);
    }

    [Fact]
    public void What_kohyas_scripts_mention_is_only_told()
    {
        using LoraFile file = folder.Open("a.safetensors", [LoraPart.Filled(Layer, 2, 2, rank: 4)], ("ss_network_alpha", "8"), ("ss_network_dim", "4"));
        Assert.Equal(1, file.Modules[0].LowRank!.Scale);
        Assert.Contains("alpha 8 at rank 4 (ss_network_alpha)", file.Strength, StringComparison.Ordinal);
        Assert.EndsWith("a scale of 2 applies that", file.Strength, StringComparison.Ordinal);
        using LoraFile same = folder.Open("b.safetensors", [LoraPart.Filled(Layer, 2, 2, rank: 4)], ("ss_network_alpha", "4"), ("ss_network_dim", "4"));
        Assert.Null(same.Strength);
    }

    [Fact]
    public void An_alpha_among_the_tensors_counts_before_what_the_metadata_say()
    {
        string path = folder.Write("a.safetensors", [("a.lora_A.weight", [4, 1], new float[4]), ("a.lora_B.weight", [1, 4], new float[4]), ("a.alpha", [], [2])], ("lora_alpha", "8"), ("ss_network_alpha", "8"), ("ss_network_dim", "4"));
        using LoraFile file = LoraFile.Open(path);
        Assert.Equal((0.5, null), (file.Modules[0].LowRank!.Scale, file.Strength));
    }

    [Fact]
    public void What_belongs_to_no_module_is_left_over_and_the_layers_own_weights_are_too()
    {
        string path = folder.Write("a.safetensors",
        [
            ("a.lora_A.weight", [1, 1], [1]), ("a.lora_B.weight", [1, 1], [1]), ("a.base_layer.weight", [1, 1], [1]), ("a.bias", [1], [1]),
            ("bundle_emb.token.string_to_param", [1, 1], [1]), ("b.alpha", [], [1]),
        ]);
        using LoraFile file = LoraFile.Open(path);
        Assert.Equal(["a.base_layer.weight", "a.bias", "b.alpha", "bundle_emb.token.string_to_param"], file.LeftOver.Order(StringComparer.Ordinal));
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
