using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>y = x W^T + b. Every matrix product with a weight goes through here; in what form the weight is, and which LoRAs are in it, its slot knows.</summary>
/// <param name="scope">where <c>weight</c> [out, in] and, if wanted, <c>bias</c> [out] are</param>
public sealed class Linear(WeightScope scope, long inFeatures, long outFeatures, bool bias = true)
{
    private readonly LinearSlot slot = scope.Linear(inFeatures, outFeatures, bias);

    public long OutFeatures => slot.OutFeatures;

    /// <param name="x">[..., in]</param>
    /// <returns>[..., out]</returns>
    public Tensor Forward(Tensor x)
    {
        using LinearInput input = x;
        return Forward(input);
    }

    /// <param name="x">[..., in], perhaps shared with other layers</param>
    /// <returns>[..., out]</returns>
    internal Tensor Forward(LinearInput x)
    {
        using Part part = Part.Of(Part.Products);
        Tensor product = slot.Weight.Multiply(x, slot.Bias);
        return slot.Side is { } side ? side.AddTo(product, x.Values) : product;
    }
}
