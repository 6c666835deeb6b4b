using Ltx.Inference.TextEncoder;
using Ltx.Inference.TextEncoder.Vision;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Forms;

/// <summary>The tensors of a Gemma 3 as the hub has it: the language model, the vision tower and the projector between them.</summary>
internal static class GemmaForm
{
    public const string Prefix = "language_model.model.";

    public static TensorList LanguageModel(GemmaConfig config)
    {
        TensorList list = new();
        list.Add($"{Prefix}embed_tokens.weight", TensorRole.Embedding, config.VocabularySize, config.HiddenSize);
        for (int i = 0; i < config.Layers; i++) Layer(list, $"{Prefix}layers.{i}.", config);
        list.Add($"{Prefix}norm.weight", TensorRole.Offset, config.HiddenSize);
        return list;
    }

    /// <summary>The vision tower and the projector behind it; they are read where the text model is shown pictures.</summary>
    /// <param name="config">their sizes</param>
    /// <param name="tower">what the tower's names begin with</param>
    /// <param name="projector">what the projector's names begin with</param>
    public static TensorList Vision(VisionConfig config, string tower = "vision_tower.vision_model.", string projector = "multi_modal_projector.")
    {
        TensorList list = new();
        int features = config.HiddenSize, inner = config.IntermediateSize;
        list.Convolution($"{tower}embeddings.patch_embedding", 3, features, [config.PatchSize, config.PatchSize]);
        list.Add($"{tower}embeddings.position_embedding.weight", TensorRole.Embedding, config.PatchesPerSide * config.PatchesPerSide, features);
        for (int i = 0; i < config.Layers; i++)
        {
            string layer = $"{tower}encoder.layers.{i}.";
            list.AffineNorm($"{layer}layer_norm1", features);
            list.AffineNorm($"{layer}layer_norm2", features);
            list.Linear($"{layer}mlp.fc1", features, inner);
            list.Linear($"{layer}mlp.fc2", inner, features);
            foreach (string projection in (ReadOnlySpan<string>)["q_proj", "k_proj", "v_proj", "out_proj"]) list.Linear($"{layer}self_attn.{projection}", features, features);
        }
        list.AffineNorm($"{tower}post_layernorm", features);
        list.Add($"{projector}mm_input_projection_weight", TensorRole.Weight, features, config.TextSize);
        list.Add($"{projector}mm_soft_emb_norm.weight", TensorRole.Offset, features);
        return list;
    }

    private static void Layer(TensorList list, string prefix, GemmaConfig config)
    {
        int queries = config.Heads * config.HeadSize, keys = config.KeyValueHeads * config.HeadSize;
        list.Linear($"{prefix}self_attn.q_proj", config.HiddenSize, queries, bias: false);
        list.Linear($"{prefix}self_attn.k_proj", config.HiddenSize, keys, bias: false);
        list.Linear($"{prefix}self_attn.v_proj", config.HiddenSize, keys, bias: false);
        list.Linear($"{prefix}self_attn.o_proj", queries, config.HiddenSize, bias: false);
        // Gemma's norms multiply by one more than what the file has.
        list.Add($"{prefix}self_attn.q_norm.weight", TensorRole.Offset, config.HeadSize);
        list.Add($"{prefix}self_attn.k_norm.weight", TensorRole.Offset, config.HeadSize);
        list.Linear($"{prefix}mlp.gate_proj", config.HiddenSize, config.IntermediateSize, bias: false);
        list.Linear($"{prefix}mlp.up_proj", config.HiddenSize, config.IntermediateSize, bias: false);
        list.Linear($"{prefix}mlp.down_proj", config.IntermediateSize, config.HiddenSize, bias: false);
        foreach (string norm in (ReadOnlySpan<string>)["input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm"])
        {
            list.Add($"{prefix}{norm}.weight", TensorRole.Offset, config.HiddenSize);
        }
    }
}
