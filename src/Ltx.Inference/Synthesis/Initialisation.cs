using Ltx.Inference.Native;
using Ltx.Inference.Weights;

namespace Ltx.Inference.Synthesis;

/// <summary>Mean and deviation of the random numbers that stand in for trained ones: activations keep about their size through every layer.</summary>
internal static class Initialisation
{
    /// <summary>What quantised weights are multiplied by: with it, weights of 192 inputs and of 16,384 both lie well inside of what float8 can say.</summary>
    public const float Float8Scale = 5e-4f;

    /// <summary>What inputs of quantised layers are divided by: float8 ends at 448, and normed activations at about 9.</summary>
    public const float InputScale = 0.02f;

    // Of what is added or stands near 0 or 1.
    private const float Small = 0.02f;

    // A LoRA's part of a layer's output.
    private const double LoraShare = 0.1;

    public static (float Mean, float Deviation) Of(ExpectedTensor tensor)
    {
        ReadOnlySpan<long> shape = tensor.Shape;
        return tensor.Role switch
        {
            TensorRole.Weight when tensor.Type == ElementType.Float8E4M3 => (0, (float)(Root(Product(shape[1..])) / Float8Scale)),
            TensorRole.Weight => (0, (float)Root(Product(shape[1..]))),
            TensorRole.TransposedWeight => (0, (float)Root(shape[0] * Product(shape[2..]))),
            TensorRole.LoraUp => (0, (float)(LoraShare * Root(shape[1]))),
            TensorRole.Bias or TensorRole.Offset or TensorRole.Embedding => (0, Small),
            TensorRole.Scale => (1, Small),
            TensorRole.Filter => Average(shape),
            TensorRole.WeightScale => (Float8Scale, 0),
            _ => (InputScale, 0),
        };
    }

    // Positive nearly always, and together about 1: a row of a matrix, or the whole of a kernel.
    private static (float Mean, float Deviation) Average(ReadOnlySpan<long> shape)
    {
        float mean = 1f / Product(shape.Length == 2 ? shape[1..] : shape);
        return (mean, mean / 4);
    }

    private static double Root(long fanIn) => 1 / Math.Sqrt(fanIn);

    private static long Product(ReadOnlySpan<long> sizes)
    {
        long product = 1;
        foreach (long size in sizes) product *= size;
        return product;
    }
}
