using Ltx.Inference.TextEncoder;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Tests.TextEncoder;

[Fast]
public class GemmaConfigTests
{
    // What the hub's config of the 12B model says, and leaves out.
    private const string Sizes = """
        "model_type": "gemma3_text", "hidden_size": 3840, "intermediate_size": 15360, "num_attention_heads": 16, "num_hidden_layers": 48, "num_key_value_heads": 8, "sliding_window": 1024
        """;

    private const string Scaling = """
        "rope_scaling": { "factor": 8.0, "rope_type": "linear" }
        """;

    [Fact]
    public void The_real_models_config_gets_the_defaults_that_it_leaves_out()
    {
        GemmaConfig config = Read($$"""{ "model_type": "gemma3", "text_config": { {{Sizes}}, {{Scaling}} } }""");
        Assert.Equal((262_208, 256, 256.0, 1e-6), (config.VocabularySize, config.HeadSize, config.QueryScalar, config.Epsilon));
        Assert.Equal((new RopeSettings(1e4, 1), new RopeSettings(1e6, 8)), (config.SlidingRope, config.GlobalRope));
        Assert.Equal([5, 11, 17, 23, 29, 35, 41, 47], Enumerable.Range(0, 48).Where(layer => !config.IsSliding[layer]));
    }

    [Fact]
    public void A_flat_config_and_the_newer_spelling_say_the_same()
    {
        GemmaConfig nested = Read($$"""{ "model_type": "gemma3", "text_config": { {{Sizes}}, {{Scaling}} } }""");
        GemmaConfig flat = Read($$"""{ {{Sizes}}, {{Scaling}} }""");
        string layers = string.Join(", ", nested.IsSliding.Select(sliding => sliding ? "\"sliding_attention\"" : "\"full_attention\""));
        GemmaConfig newer = Read($$"""
            { {{Sizes}}, "layer_types": [{{layers}}], "rope_parameters": {
              "full_attention": { "rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0 },
              "sliding_attention": { "rope_type": "default", "rope_theta": 10000.0 } } }
            """);
        foreach (GemmaConfig other in (GemmaConfig[])[flat, newer])
        {
            Assert.Equal(nested.IsSliding, other.IsSliding);
            Assert.Equal(nested with { IsSliding = [] }, other with { IsSliding = [] });
        }
    }

    [Theory]
    [InlineData("\"attention_bias\": true", "attention_bias")]
    [InlineData("\"final_logit_softcapping\": 30.0", "final_logit_softcapping")]
    [InlineData("\"hidden_activation\": \"silu\"", "hidden_activation")]
    [InlineData("\"rope_scaling\": { \"rope_type\": \"yarn\", \"factor\": 8 }", "rope_type")]
    [InlineData("\"layer_types\": [\"full_attention\"]", "layer_types")]
    [InlineData("\"num_key_value_heads\": 5", "key and value heads")]
    [InlineData("\"sliding_window_pattern\": 0", "sliding_window_pattern")]
    public void What_is_not_built_is_refused_by_name(string setting, string named)
    {
        string sizes = setting.Contains("num_key_value_heads", StringComparison.Ordinal) ? Sizes.Replace("\"num_key_value_heads\": 8, ", "", StringComparison.Ordinal) : Sizes;
        Assert.Contains(named, Assert.Throws<WeightsException>(() => Read($$"""{ {{sizes}}, {{setting}} }""")).Message, StringComparison.Ordinal);
    }

    private static GemmaConfig Read(string json) => GemmaConfig.Read(ConfigSection.Parse(json, "test"));
}
