using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>Grouped-query attention with a norm on every head's queries and keys (Gemma3Attention of huggingface/transformers).</summary>
internal sealed class GemmaAttention
{
    private readonly GemmaConfig config;
    private readonly Linear query, key, value, output;
    private readonly GemmaNorm queryNorm, keyNorm;
    private readonly double queryScale;

    public GemmaAttention(WeightScope scope, GemmaConfig config)
    {
        this.config = config;
        query = new Linear(scope["q_proj"], config.HiddenSize, config.Heads * config.HeadSize, bias: false);
        key = new Linear(scope["k_proj"], config.HiddenSize, config.KeyValueHeads * config.HeadSize, bias: false);
        value = new Linear(scope["v_proj"], config.HiddenSize, config.KeyValueHeads * config.HeadSize, bias: false);
        output = new Linear(scope["o_proj"], config.Heads * config.HeadSize, config.HiddenSize, bias: false);
        queryNorm = new GemmaNorm(scope["q_norm"], config.HeadSize, config.Epsilon);
        keyNorm = new GemmaNorm(scope["k_norm"], config.HeadSize, config.Epsilon);
        // Attention itself divides by the root of the head's size. 1 in the real model.
        queryScale = Math.Sqrt(config.HeadSize / config.QueryScalar);
    }

    /// <param name="x">[B, T, hidden]</param>
    /// <param name="rope">of these T positions</param>
    /// <param name="visible">null where every query may look at every key</param>
    /// <param name="cache">keys and values of the positions before, which these are added to; null for none</param>
    /// <returns>[B, T, hidden]</returns>
    public Tensor Forward(Tensor x, GemmaRope rope, VisibleKeys? visible, LayerCache? cache)
    {
        using var scope = NewDisposeScope();
        Tensor q = rope.Rotate(queryNorm.Forward(PerHead(query.Forward(x), config.Heads)));
        Tensor k = rope.Rotate(keyNorm.Forward(PerHead(key.Forward(x), config.KeyValueHeads)));
        Tensor v = PerHead(value.Forward(x), config.KeyValueHeads);
        if (cache is not null) (k, v) = cache.Append(k, v);
        if (queryScale != 1) q *= queryScale;
        Tensor attended = nn.functional.scaled_dot_product_attention(q, PerQueryHead(k), PerQueryHead(v), visible?.Allowed);
        if (visible is not null) attended = attended.masked_fill(visible.Blind, 0);
        // [B, H, T, D] -> [B, T, H*D]
        return output.Forward(attended.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    // [B, T, H*D] -> [B, H, T, D]
    private static Tensor PerHead(Tensor x, int heads) => x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2);

    // [B, Hkv, S, D] -> [B, H, S, D]: neighbouring query heads share one
    private Tensor PerQueryHead(Tensor x) => config.Heads == config.KeyValueHeads ? x : x.repeat_interleave(config.Heads / config.KeyValueHeads, 1);
}
