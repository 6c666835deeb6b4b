using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>A LoRA beside a linear layer's weight, not merged into it: gradients go to its two halves. They are float32 and computed with in the type of the input.</summary>
/// <param name="Down">[rank, in] A</param>
/// <param name="Up">[out, rank] B</param>
/// <param name="Scale">alpha / rank</param>
internal sealed record LowRankSide(Tensor Down, Tensor Up, double Scale)
{
    /// <summary>y + scale * B (A x)</summary>
    /// <param name="y">[..., out] the layer's own product; disposed here</param>
    /// <param name="x">[..., in]</param>
    public Tensor AddTo(Tensor y, Tensor x)
    {
        using (y)
        using (NewDisposeScope())
        {
            Tensor low = nn.functional.linear(x, Down.to(x.dtype)), high = nn.functional.linear(low, Up.to(x.dtype));
            return (y + high * Scale).MoveToOuterDisposeScope();
        }
    }
}
