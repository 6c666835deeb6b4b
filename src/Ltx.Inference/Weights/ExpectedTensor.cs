using Ltx.Inference.Native;

namespace Ltx.Inference.Weights;

/// <summary>One tensor that a file of a known form has.</summary>
/// <param name="Name">in the file</param>
/// <param name="Type">element type in the file</param>
/// <param name="Shape">sizes, outermost first</param>
/// <param name="Role">what it is for</param>
public sealed record ExpectedTensor(string Name, ElementType Type, long[] Shape, TensorRole Role)
{
    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Bytes.</summary>
    public long Length => Elements * Type.Size();
}
