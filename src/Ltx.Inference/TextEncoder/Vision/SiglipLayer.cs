using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder.Vision;

/// <summary>One layer of the tower: attention and feed-forward, each after a norm (SiglipEncoderLayer of huggingface/transformers).</summary>
internal sealed class SiglipLayer(WeightScope scope, VisionConfig config)
{
    private readonly AffineNorm beforeAttention = new(scope["layer_norm1"], config.HiddenSize, config.Epsilon);
    private readonly AffineNorm beforeFeedForward = new(scope["layer_norm2"], config.HiddenSize, config.Epsilon);
    private readonly Linear up = new(scope["mlp"]["fc1"], config.HiddenSize, config.IntermediateSize);
    private readonly Linear down = new(scope["mlp"]["fc2"], config.IntermediateSize, config.HiddenSize);
    private readonly SiglipAttention attention = new(scope["self_attn"], config);

    /// <param name="x">[B, P, D]</param>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        x = x + attention.Forward(beforeAttention.Forward(x));
        Tensor inner = nn.functional.gelu(up.Forward(beforeFeedForward.Forward(x)), TorchSharp.Modules.GELU.Approximate.tanh);
        return (x + down.Forward(inner)).MoveToOuterDisposeScope();
    }
}
