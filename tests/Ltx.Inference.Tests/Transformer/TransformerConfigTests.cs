using System.Text.Json.Nodes;
using Ltx.Inference.TextEncoder;
using Ltx.Inference.Transformer;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.Transformer;

[Fast]
public class TransformerConfigTests
{
    // Tensors of the same names and shapes, and another computation: nothing but the config tells.
    [Theory]
    [InlineData("only_cross_attention", "true")]
    [InlineData("double_self_attention", "true")]
    [InlineData("upcast_attention", "true")]
    [InlineData("use_linear_projection", "true")]
    [InlineData("num_embeds_ada_norm", "999")]
    [InlineData("num_vector_embeds", "7")]
    [InlineData("dropout", "0.1")]
    [InlineData("rope_type", "\"spiral\"")]
    [InlineData("qk_norm", "\"layer_norm\"")]
    [InlineData("norm_elementwise_affine", "true")]
    [InlineData("use_middle_indices_grid", "false")]
    [InlineData("cross_attention_adaln", "null")]
    [InlineData("use_prompt_adaln_single", "false")]
    [InlineData("audio_num_attention_heads", "2")]
    public void Another_architecture_is_refused_by_name(string key, string value)
    {
        WeightsException refused = Assert.Throws<WeightsException>(() => TransformerConfig.From(Published(key, value)));
        Assert.Contains(key == "audio_num_attention_heads" ? "audio heads" : key, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"split\"", false)]
    [InlineData("\"interleaved\"", true)]
    [InlineData("null", false)]
    public void The_kind_of_pairs_is_read_for_the_transformer_and_for_its_connectors(string value, bool interleaved)
    {
        ConfigSection config = Published("rope_type", value);
        Assert.Equal(interleaved, TransformerConfig.From(config).InterleavedRope);
        Assert.Equal((interleaved, interleaved), (ConnectorConfig.Video(config.Section("transformer")).Interleaved, ConnectorConfig.Audio(config.Section("transformer")).Interleaved));
    }

    // The published model's config with one key changed.
    private static ConfigSection Published(string key, string value)
    {
        JsonObject config = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "models", "presets", "ltx-2.3-22b.json")))!["checkpoint"]!["config"]!.AsObject();
        config["transformer"]![key] = JsonNode.Parse(value);
        return ConfigSection.Parse(config.ToJsonString(), "test");
    }
}
