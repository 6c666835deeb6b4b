using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>One decoder layer: norms before and after both its halves (Gemma3DecoderLayer of huggingface/transformers).</summary>
internal sealed class GemmaLayer(WeightScope scope, GemmaConfig config)
{
    // In the order of the published files.
    private readonly GemmaAttention attention = new(scope["self_attn"], config);
    private readonly GemmaFeedForward feedForward = new(scope["mlp"], config);
    private readonly GemmaNorm beforeAttention = new(scope["input_layernorm"], config.HiddenSize, config.Epsilon);
    private readonly GemmaNorm afterAttention = new(scope["post_attention_layernorm"], config.HiddenSize, config.Epsilon);
    private readonly GemmaNorm beforeFeedForward = new(scope["pre_feedforward_layernorm"], config.HiddenSize, config.Epsilon);
    private readonly GemmaNorm afterFeedForward = new(scope["post_feedforward_layernorm"], config.HiddenSize, config.Epsilon);

    /// <param name="x">[B, T, hidden]</param>
    public Tensor Forward(Tensor x, GemmaRope rope, VisibleKeys? visible, LayerCache? cache)
    {
        using var scope = NewDisposeScope();
        x = x + afterAttention.Forward(attention.Forward(beforeAttention.Forward(x), rope, visible, cache));
        x = x + afterFeedForward.Forward(feedForward.Forward(beforeFeedForward.Forward(x)));
        return x.MoveToOuterDisposeScope();
    }
}
