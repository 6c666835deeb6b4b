using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// y = x W^T + b. Every matrix product with a weight goes through here, so that precision and LoRA live in one place.
/// </summary>
public sealed class Linear
{
    private readonly WeightScope scope;
    private readonly Tensor? pristineBias;
    private LinearWeight? weight;
    private Tensor? mergedBias;

    /// <param name="scope">where <c>weight</c> [out, in] and, if wanted, <c>bias</c> [out] are</param>
    public Linear(WeightScope scope, long inFeatures, long outFeatures, bool bias = true)
    {
        this.scope = scope;
        InFeatures = inFeatures;
        OutFeatures = outFeatures;
        // Known to its owner before anything is read: where the bias is missing, the weight must not be left behind.
        scope.Component.Register(scope.Path, this);
        scope.Component.ReadFirst(this, read => weight = read);
        pristineBias = bias ? scope.Tensor("bias", outFeatures) : null;
    }

    public long InFeatures { get; }

    public long OutFeatures { get; }

    /// <summary>Its name below the component's prefix.</summary>
    public string Name => scope.Path;

    public bool HasBias => pristineBias is not null;

    /// <summary>True while weight or bias are others than the file's.</summary>
    public bool IsMerged { get; private set; }

    /// <summary>The one in use; there once its component is complete.</summary>
    internal LinearWeight Weight => weight!;

    /// <summary>Takes over every weight that the layer is given, and gives what to compute with in its place; null where a weight stays where it is.</summary>
    internal Func<LinearWeight, LinearWeight>? Keeper { get; set; }

    /// <summary>[out], the one in use; null where there is none.</summary>
    internal Tensor? Bias => mergedBias ?? pristineBias;

    /// <param name="x">[..., in]</param>
    /// <returns>[..., out]</returns>
    public Tensor Forward(Tensor x)
    {
        using Part part = Part.Of(Part.Products);
        return Weight.Multiply(x, Bias);
    }

    /// <summary>Asks for the weight as the file has it; what comes belongs to the caller.</summary>
    internal void ReadPristine(IWeightReader reader, Action<LinearWeight> arrived) => scope.Component.ReadWeight(reader, this, arrived);

    /// <summary>The file's bias in float32, of the caller's; null where there is none.</summary>
    internal Tensor? PristineBias() => pristineBias?.to(ScalarType.Float32, copy: true);

    /// <summary>Uses a merged weight and bias from now on, and owns them.</summary>
    /// <param name="merged">the weight</param>
    /// <param name="bias">[out], or null for the file's own</param>
    internal void UseMerged(LinearWeight merged, Tensor? bias = null)
    {
        Place(merged);
        UseBias(bias);
        IsMerged = true;
    }

    /// <summary>Goes back to the file's weight and bias.</summary>
    /// <param name="pristine">what <see cref="ReadPristine"/> gave; this owns it</param>
    internal void UsePristine(LinearWeight pristine)
    {
        Place(pristine);
        UseBias(null);
        IsMerged = false;
    }

    /// <summary>Uses the same weight over other memory, and owns that; what it was in is freed.</summary>
    internal void Place(LinearWeight with)
    {
        LinearWeight placed = Keeper is null ? with : Keeper(with);
        weight?.Dispose();
        weight = placed;
    }

    /// <summary>Called by the component that owns all its weights, when it is dropped.</summary>
    internal void Release()
    {
        weight?.Dispose();
        mergedBias?.Dispose();
    }

    private void UseBias(Tensor? bias)
    {
        mergedBias?.Dispose();
        mergedBias = bias?.DetachFromDisposeScope();
    }
}
