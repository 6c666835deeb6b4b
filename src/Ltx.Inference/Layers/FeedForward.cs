using Ltx.Inference.Kernels;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>Linear, GELU in its tanh form, Linear; four times as wide inside.</summary>
public sealed class FeedForward(WeightScope scope, int features)
{
    /// <summary>How many times as wide it is inside. Fixed by the architecture.</summary>
    internal const int Expansion = 4;

    private readonly Linear up = new(scope["net.0.proj"], features, Expansion * features);
    private readonly Linear down = new(scope["net.2"], Expansion * features, features);

    /// <param name="x">[B, T, features]</param>
    public Tensor Forward(Tensor x)
    {
        using LinearInput input = x;
        return Forward(input);
    }

    /// <param name="x">[B, T, features]</param>
    internal Tensor Forward(LinearInput x)
    {
        using var scope = NewDisposeScope();
        Tensor wide = up.Forward(x);
        using LinearInput activated = new(wide, () => Activate(wide), kernels => kernels.QuantizeRows(wide.flatten(0, -2), activated: true));
        return down.Forward(activated).MoveToOuterDisposeScope();
    }

    private static Tensor Activate(Tensor x)
    {
        using Part part = Part.Of(Part.Activation);
        return FusedKernels.For(x)?.Gelu(x) ?? nn.functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh);
    }
}
