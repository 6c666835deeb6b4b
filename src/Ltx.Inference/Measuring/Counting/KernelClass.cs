namespace Ltx.Inference.Measuring.Counting;

/// <summary>What a kernel is for.</summary>
internal enum KernelClass
{
    /// <summary>Matrix products with weights.</summary>
    Product,

    /// <summary>Logits, softmax and weighted sum of attention, in one.</summary>
    Attention,

    Convolution,

    /// <summary>Sums of squares over features or channels, and what they are divided by.</summary>
    Norm,

    /// <summary>Scale and shift of what goes into a layer.</summary>
    Modulate,

    /// <summary>Queries and keys turned by their positions.</summary>
    Rotation,

    /// <summary>What comes out of a layer or a head, multiplied by a gate and added.</summary>
    Gate,

    /// <summary>Rows of tables by an index.</summary>
    LookUp,

    /// <summary>GELU and SiLU.</summary>
    Activation,

    /// <summary>Rows rounded to float8, with what stands in front of the product.</summary>
    Rounding,

    /// <summary>Numbers that are moved and not computed with.</summary>
    Copy,

    /// <summary>Everything else, number by number.</summary>
    Rest,
}

/// <summary>How a kernel goes through memory, which decides what share of a card's bandwidth it reaches.</summary>
internal enum KernelAccess
{
    /// <summary>By a library that keeps what it reads in the chip: products, convolutions, attention.</summary>
    Library,

    /// <summary>All tensors as large as the result and laid out alike.</summary>
    Even,

    /// <summary>One of them is smaller and repeated.</summary>
    Broadcast,

    /// <summary>They lie in memory differently, or with gaps.</summary>
    Strided,

    /// <summary>By an index.</summary>
    Gathered,

    /// <summary>Reduced over one dimension.</summary>
    Reduced,

    /// <summary>By a kernel of the project's own: rows read once, in sixteen bytes at a time, and written once.</summary>
    Fused,
}
