using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder.Vision;

/// <summary>Attention of every patch to every patch (SiglipAttention of huggingface/transformers).</summary>
internal sealed class SiglipAttention(WeightScope scope, VisionConfig config)
{
    private readonly Linear query = new(scope["q_proj"], config.HiddenSize, config.HiddenSize);
    private readonly Linear key = new(scope["k_proj"], config.HiddenSize, config.HiddenSize);
    private readonly Linear value = new(scope["v_proj"], config.HiddenSize, config.HiddenSize);
    private readonly Linear output = new(scope["out_proj"], config.HiddenSize, config.HiddenSize);

    /// <param name="x">[B, P, D]</param>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor attended = nn.functional.scaled_dot_product_attention(PerHead(query.Forward(x)), PerHead(key.Forward(x)), PerHead(value.Forward(x)));
        // [B, H, P, D/H] -> [B, P, D]
        return output.Forward(attended.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    // [B, P, D] -> [B, H, P, D/H]
    private Tensor PerHead(Tensor x) => x.view(x.shape[0], x.shape[1], config.Heads, -1).transpose(1, 2);
}
