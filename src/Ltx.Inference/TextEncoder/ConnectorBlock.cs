using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>Gated self-attention and feed-forward, each after a weightless norm.</summary>
internal sealed class ConnectorBlock(WeightScope scope, ConnectorConfig config)
{
    private readonly Attention attention = new(scope["attn1"], config.Features, config.Features, config.Heads, config.HeadSize, config.Gated, EmbeddingsConnector.Epsilon);
    private readonly FeedForward feedForward = new(scope["ff"], config.Features);

    /// <param name="x">[B, T, D]</param>
    public Tensor Forward(Tensor x, RotaryTable rope)
    {
        using var scope = NewDisposeScope();
        Tensor normed = RmsNorm.Weightless(x, EmbeddingsConnector.Epsilon);
        x = x + attention.Forward(normed, normed, rope, rope);
        return (x + feedForward.Forward(RmsNorm.Weightless(x, EmbeddingsConnector.Epsilon))).MoveToOuterDisposeScope();
    }
}
