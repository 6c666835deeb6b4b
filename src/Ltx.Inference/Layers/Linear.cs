using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// y = x W^T + b. Every matrix product with a weight goes through here, so that precision and LoRA live in one place.
/// </summary>
public sealed class Linear
{
    private readonly WeightScope scope;
    private readonly Tensor? bias;
    private Tensor weight;

    /// <param name="scope">where <c>weight</c> [out, in] and, if wanted, <c>bias</c> [out] are</param>
    public Linear(WeightScope scope, long inFeatures, long outFeatures, bool bias = true)
    {
        this.scope = scope;
        InFeatures = inFeatures;
        OutFeatures = outFeatures;
        weight = ReadPristineWeight();
        this.bias = bias ? scope.Tensor("bias", outFeatures) : null;
        scope.Component.Register(scope.Path, this);
    }

    public long InFeatures { get; }

    public long OutFeatures { get; }

    /// <summary>True while the weight is another one than the file's.</summary>
    public bool IsMerged { get; private set; }

    /// <summary>[out, in], the one in use.</summary>
    internal Tensor Weight => weight;

    /// <param name="x">[..., in]</param>
    /// <returns>[..., out]</returns>
    public Tensor Forward(Tensor x) => nn.functional.linear(x, weight, bias);

    /// <summary>The weight as the file has it, belonging to the caller.</summary>
    internal Tensor ReadPristineWeight() => scope.Component.Read(scope.Path + ".weight", scope.Type, [OutFeatures, InFeatures]);

    /// <summary>Uses a merged weight from now on, and owns it.</summary>
    internal void UseMerged(Tensor merged) => Replace(merged, isMerged: true);

    /// <summary>Goes back to the file's weight.</summary>
    internal void UsePristine()
    {
        if (IsMerged) Replace(ReadPristineWeight(), isMerged: false);
    }

    /// <summary>Called by the component that owns all its weights, when it is dropped.</summary>
    internal void Release() => weight.Dispose();

    private void Replace(Tensor with, bool isMerged)
    {
        weight.Dispose();
        weight = with.DetachFromDisposeScope();
        IsMerged = isMerged;
    }
}
