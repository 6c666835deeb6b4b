using Ltx.Inference.Layers;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.TextEncoder;

/// <summary>down(gelu(gate(x)) * up(x)), with GELU in its tanh form.</summary>
internal sealed class GemmaFeedForward(WeightScope scope, GemmaConfig config)
{
    private readonly Linear gate = new(scope["gate_proj"], config.HiddenSize, config.IntermediateSize, bias: false);
    private readonly Linear up = new(scope["up_proj"], config.HiddenSize, config.IntermediateSize, bias: false);
    private readonly Linear down = new(scope["down_proj"], config.IntermediateSize, config.HiddenSize, bias: false);

    /// <param name="x">[B, T, hidden]</param>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor gated = nn.functional.gelu(gate.Forward(x), TorchSharp.Modules.GELU.Approximate.tanh) * up.Forward(x);
        return down.Forward(gated).MoveToOuterDisposeScope();
    }
}
