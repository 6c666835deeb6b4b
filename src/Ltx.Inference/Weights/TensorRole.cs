namespace Ltx.Inference.Weights;

/// <summary>What a tensor is for: it decides which random numbers can stand in for it.</summary>
public enum TensorRole
{
    /// <summary>Multiplied with activations; the first size is the output's.</summary>
    Weight,

    /// <summary>The same of a transposed convolution; the first size is the input's.</summary>
    TransposedWeight,

    /// <summary>The second factor of a LoRA.</summary>
    LoraUp,

    /// <summary>Added to activations.</summary>
    Bias,

    /// <summary>About 1: norms, and deviations, which are divided by.</summary>
    Scale,

    /// <summary>About 0: norms that multiply by one more, means, logarithms.</summary>
    Offset,

    /// <summary>A row a token.</summary>
    Embedding,

    /// <summary>Averages what it is multiplied with.</summary>
    Filter,

    /// <summary>What a quantised weight is multiplied by.</summary>
    WeightScale,

    /// <summary>What the input of a quantised layer is divided by.</summary>
    InputScale,
}
