using Ltx.Inference.Weights;

namespace Ltx.Inference.TextEncoder;

/// <summary>Sizes of a Gemma 3 language model, from its <c>config.json</c>.</summary>
internal sealed record GemmaConfig
{
    public required int VocabularySize { get; init; }

    public required int HiddenSize { get; init; }

    public required int IntermediateSize { get; init; }

    public required int Heads { get; init; }

    public required int KeyValueHeads { get; init; }

    public required int HeadSize { get; init; }

    /// <summary>Queries are multiplied by this to the power of -1/2.</summary>
    public required double QueryScalar { get; init; }

    /// <summary>Of all norms.</summary>
    public required double Epsilon { get; init; }

    /// <summary>Positions that a sliding layer sees, its own included.</summary>
    public required int SlidingWindow { get; init; }

    /// <summary>One entry a layer: true where it only sees the window.</summary>
    public required IReadOnlyList<bool> IsSliding { get; init; }

    public required RopeSettings SlidingRope { get; init; }

    public required RopeSettings GlobalRope { get; init; }

    public int Layers => IsSliding.Count;

    /// <param name="root">a whole <c>config.json</c>: the multimodal model's, with the language model in <c>text_config</c>, or the language model's own</param>
    public static GemmaConfig Read(ConfigSection root)
    {
        bool nested = root.Has("text_config");
        if (nested) root.Expect("model_type", "gemma3");
        ConfigSection text = nested ? root.Section("text_config") : root;
        text.Expect("model_type", "gemma3_text");
        ExpectWhatIsBuilt(text);
        // The hub's config leaves out what is as in Gemma3TextConfig of huggingface/transformers; those defaults are the fallbacks here.
        int heads = text.Int("num_attention_heads");
        GemmaConfig config = new()
        {
            VocabularySize = text.Int("vocab_size", 262_208),
            HiddenSize = text.Int("hidden_size"),
            IntermediateSize = text.Int("intermediate_size"),
            Heads = heads,
            KeyValueHeads = text.Int("num_key_value_heads", 4),
            HeadSize = text.Int("head_dim", 256),
            QueryScalar = text.Double("query_pre_attn_scalar", 256),
            Epsilon = text.Double("rms_norm_eps", 1e-6),
            SlidingWindow = text.Int("sliding_window", 4096),
            IsSliding = ReadLayers(text),
            SlidingRope = ReadRope(text, "sliding_attention", "rope_local_base_freq", 10_000, scaling: null),
            GlobalRope = ReadRope(text, "full_attention", "rope_theta", 1_000_000, scaling: "rope_scaling"),
        };
        foreach (int size in (ReadOnlySpan<int>)[heads, config.KeyValueHeads, config.HeadSize, config.SlidingWindow, config.Layers])
        {
            if (size < 1) throw new WeightsException("Gemma's config has a size below 1.");
        }
        if (heads % config.KeyValueHeads != 0) throw new WeightsException($"Gemma's config has {heads} heads for {config.KeyValueHeads} key and value heads, which do not divide them.");
        return config;
    }

    private static void ExpectWhatIsBuilt(ConfigSection text)
    {
        text.Expect("hidden_activation", "gelu_pytorch_tanh", whenAbsent: "gelu_pytorch_tanh");
        text.Expect("attention_bias", false, whenAbsent: false);
        text.Expect("tie_word_embeddings", true, whenAbsent: true);
        text.Expect("use_bidirectional_attention", false, whenAbsent: false);
        foreach (string cap in (ReadOnlySpan<string>)["attn_logit_softcapping", "final_logit_softcapping"])
        {
            if (text.Has(cap)) throw new WeightsException($"Gemma's config sets {cap}, which is not built here.");
        }
    }

    // Every sixth layer is global, unless the config says otherwise; newer configs list the layers by name.
    private static List<bool> ReadLayers(ConfigSection text)
    {
        int layers = text.Int("num_hidden_layers"), pattern = text.Int("sliding_window_pattern", text.Int("_sliding_window_pattern", 6));
        if (pattern < 1) throw new WeightsException($"Gemma's config has the sliding_window_pattern {pattern}.");
        if (!text.Has("layer_types")) return [.. Enumerable.Range(0, layers).Select(layer => (layer + 1) % pattern != 0)];
        List<bool> sliding = [.. text.Texts("layer_types").Select(type => type switch
        {
            "sliding_attention" => true,
            "full_attention" => false,
            _ => throw new WeightsException($"Gemma's config has a layer of type \"{type}\", which is not built here."),
        })];
        return sliding.Count == layers ? sliding : throw new WeightsException($"Gemma's config lists {sliding.Count} layer_types for {layers} layers.");
    }

    // Newer configs have one object a kind of layer under rope_parameters, older ones separate keys; there only the global layers are scaled.
    private static RopeSettings ReadRope(ConfigSection text, string kind, string thetaKey, double theta, string? scaling)
    {
        if (text.Has("rope_parameters"))
        {
            ConfigSection parameters = text.Section("rope_parameters").Section(kind);
            return new RopeSettings(parameters.Double("rope_theta", theta), ReadFactor(parameters));
        }
        return new RopeSettings(text.Double(thetaKey, theta), scaling is not null && text.Has(scaling) ? ReadFactor(text.Section(scaling)) : 1);
    }

    private static double ReadFactor(ConfigSection scaling)
    {
        string type = scaling.Text("rope_type", scaling.Text("type", "default"));
        if (type == "default") return 1;
        scaling.Expect(scaling.Has("rope_type") ? "rope_type" : "type", "linear");
        return scaling.Double("factor");
    }
}
