using static TorchSharp.torch;

namespace Ltx.Inference.Weights;

/// <summary>
/// What a linear layer computes with: its own weight and bias, or those that LoRAs were merged into, and where they are. Layers know it by its
/// name; whoever merges or moves weights changes what is in it.
/// </summary>
internal sealed class LinearSlot
{
    private readonly ComponentWeights component;
    private readonly Tensor? pristineBias;
    private LinearWeight? weight;
    private Tensor? mergedBias;

    /// <param name="scope">where <c>weight</c> [out, in] and, if wanted, <c>bias</c> [out] are</param>
    public LinearSlot(WeightScope scope, long inFeatures, long outFeatures, bool bias)
    {
        component = scope.Component;
        (Name, InFeatures, OutFeatures) = (scope.Path, inFeatures, outFeatures);
        // Known to its owner before anything is read: where the bias is missing, the weight must not be left behind.
        component.Register(this);
        component.ReadFirst(this, read => weight = read);
        pristineBias = bias ? scope.Tensor("bias", TensorRole.Bias, outFeatures) : null;
    }

    /// <summary>The layer's name below the component's prefix.</summary>
    public string Name { get; }

    public long InFeatures { get; }

    public long OutFeatures { get; }

    public bool HasBias => pristineBias is not null;

    /// <summary>True while weight or bias are others than the file's.</summary>
    public bool IsMerged { get; private set; }

    /// <summary>The one in use; there once its component is complete.</summary>
    public LinearWeight Weight => weight!;

    /// <summary>[out], the one in use; null where there is none.</summary>
    public Tensor? Bias => mergedBias ?? pristineBias;

    /// <summary>What is added to the weight's product while it is trained; null where nothing is. The trainer's.</summary>
    public LowRankSide? Side { get; set; }

    /// <summary>Takes over every weight that the layer is given, and gives what to compute with in its place; null where a weight stays where it is.</summary>
    public Func<LinearWeight, LinearWeight>? Keeper { get; set; }

    /// <summary>Asks for the weight as the file has it; what comes belongs to the caller.</summary>
    public void ReadPristine(IWeightReader reader, Action<LinearWeight> arrived) => component.ReadWeight(reader, this, arrived);

    /// <summary>The file's bias in float32, of the caller's; null where there is none.</summary>
    public Tensor? PristineBias() => pristineBias?.to(ScalarType.Float32, copy: true);

    /// <summary>Uses a merged weight and bias from now on, and owns them.</summary>
    /// <param name="merged">the weight</param>
    /// <param name="bias">[out], or null for the file's own</param>
    public void UseMerged(LinearWeight merged, Tensor? bias = null)
    {
        Place(merged);
        UseBias(bias);
        IsMerged = true;
    }

    /// <summary>Goes back to the file's weight and bias.</summary>
    /// <param name="pristine">what <see cref="ReadPristine"/> gave; this owns it</param>
    public void UsePristine(LinearWeight pristine)
    {
        Place(pristine);
        UseBias(null);
        IsMerged = false;
    }

    /// <summary>Uses the same weight over other memory, and owns that; what it was in is freed.</summary>
    public void Place(LinearWeight with)
    {
        LinearWeight placed = Keeper is null ? with : Keeper(with);
        weight?.Dispose();
        weight = placed;
    }

    /// <summary>Called by the component that owns all its weights, when it is dropped.</summary>
    public void Release()
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
