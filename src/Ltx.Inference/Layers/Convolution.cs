using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// Convolutions in one, two and three dimensions, right for every number of channels. oneDNN (libtorch 2.10) works on sixteen channels at once, and
/// where input or output have fewer in their last vector computes with memory that nobody wrote: bfloat16 is far off, and float32 is no number where
/// what lies there is none. On a CPU such layers are filled up with zeros; of the published models that is the end of the vocoder alone. And bfloat16 it
/// convolves on processors with AVX-512 alone: elsewhere libtorch unfolds the input and multiplies number by number, a hundred times slower than oneDNN
/// convolves the same in float32, which sums as exactly.
/// </summary>
internal static class Convolution
{
    private const long VectorChannels = 16;

    private static readonly Lazy<bool> OneDnnHasBFloat16 = new(Operators.ConvolvesBFloat16WithOneDnn);

    /// <param name="x">[B, in, ...]</param>
    /// <param name="weight">[out, in, ...]</param>
    /// <param name="bias">[out], or null for none</param>
    /// <param name="stride">a step for each dimension behind the channels</param>
    /// <param name="padding">zeros on both sides of each; null for none</param>
    /// <param name="dilation">a step within the kernel for each; null for none</param>
    /// <returns>[B, out, ...]</returns>
    public static Tensor Of(Tensor x, Tensor weight, Tensor? bias, long[] stride, long[]? padding = null, long[]? dilation = null)
    {
        (long inMore, long outMore) = (Missing(weight.shape[1]), Missing(weight.shape[0]));
        if (x.device_type != DeviceType.CPU) return Convolve(x, weight, bias, stride, padding, dilation);
        using var scope = NewDisposeScope();
        if (x.dtype == ScalarType.BFloat16 && !OneDnnHasBFloat16.Value)
        {
            return Of(x.@float(), weight.@float(), bias?.@float(), stride, padding, dilation).to(ScalarType.BFloat16).MoveToOuterDisposeScope();
        }
        if (inMore + outMore == 0) return Convolve(x, weight, bias, stride, padding, dilation).MoveToOuterDisposeScope();
        // Last dimension first, two numbers each, up to the channels.
        long[] behind = new long[2 * stride.Length];
        Tensor wide = nn.functional.pad(x, [.. behind, 0, inMore]), kernel = nn.functional.pad(weight, [.. behind, 0, inMore, 0, outMore]);
        Tensor? wideBias = bias is null ? null : nn.functional.pad(bias, [0, outMore]);
        return Convolve(wide, kernel, wideBias, stride, padding, dilation).narrow(1, 0, weight.shape[0]).contiguous().MoveToOuterDisposeScope();
    }

    private static Tensor Convolve(Tensor x, Tensor weight, Tensor? bias, long[] stride, long[]? padding, long[]? dilation) => stride.Length switch
    {
        1 => nn.functional.conv1d(x, weight, bias, stride[0], padding?[0], dilation?[0]),
        2 => nn.functional.conv2d(x, weight, bias, stride, padding, dilation),
        3 => nn.functional.conv3d(x, weight, bias, stride, padding, dilation),
        _ => throw new ArgumentOutOfRangeException(nameof(stride), stride.Length, "Convolutions have one, two or three dimensions."),
    };

    private static long Missing(long channels) => (VectorChannels - channels % VectorChannels) % VectorChannels;
}
