using Ltx.Inference.Native;
using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Safety;

/// <summary>
/// A convolution whose weights the file stores as bytes, each tensor with its own range, and whose normalisation by running statistics
/// is folded into kernel and bias when it is loaded.
/// </summary>
internal sealed class QuantizedConvolution
{
    // Of every normalisation in the model.
    private const double Epsilon = 1e-3;

    private readonly Tensor kernel, bias;
    private readonly int stride, groups;

    private QuantizedConvolution(WeightScope root, Device device, Tensor kernel, Tensor bias, int stride, int groups)
    {
        using var scope = NewDisposeScope();
        this.kernel = root.Component.Own(kernel.to(ScalarType.Float32).to(device));
        this.bias = root.Component.Own(bias.to(ScalarType.Float32).to(device));
        (this.stride, this.groups) = (stride, groups);
    }

    /// <summary>A convolution without bias, and the normalisation behind it.</summary>
    /// <param name="root">weights on the CPU, where they are folded</param>
    /// <param name="device">where to compute</param>
    /// <param name="name">the layer that holds <c>kernel</c> [out, in / groups, size, size]</param>
    /// <param name="norm">the layer that holds <c>gamma</c>, <c>beta</c>, <c>moving_mean</c> and <c>moving_variance</c> [out]</param>
    /// <param name="groups">1, or as many as channels where each has its own kernel</param>
    public static QuantizedConvolution Normalised(WeightScope root, Device device, string name, string norm, int inChannels, int outChannels, int size, int stride = 1, int groups = 1)
    {
        using var scope = NewDisposeScope();
        Tensor kernel = Read(root[name], "kernel", outChannels, inChannels / groups, size, size);
        Tensor scale = Read(root[norm], "gamma", outChannels) / (Read(root[norm], "moving_variance", outChannels) + Epsilon).sqrt();
        Tensor bias = Read(root[norm], "beta", outChannels) - Read(root[norm], "moving_mean", outChannels) * scale;
        return new QuantizedConvolution(root, device, kernel * scale.view(-1, 1, 1, 1), bias, stride, groups);
    }

    /// <summary>A dense layer, as a convolution of one pixel.</summary>
    public static QuantizedConvolution Dense(WeightScope root, Device device, string name, int inFeatures, int outFeatures)
    {
        using var scope = NewDisposeScope();
        return new QuantizedConvolution(root, device, Read(root[name], "kernel", outFeatures, inFeatures, 1, 1), Read(root[name], "bias", outFeatures), stride: 1, groups: 1);
    }

    /// <param name="x">[N, in, H, W]</param>
    /// <returns>[N, out, H / stride, W / stride]</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        long size = kernel.shape[2];
        // With a stride of two the model was trained with zeros on the right and below alone.
        if (stride == 2) return nn.functional.conv2d(nn.functional.pad(x, [0, 1, 0, 1]), kernel, bias, [stride, stride], groups: groups).MoveToOuterDisposeScope();
        return nn.functional.conv2d(x, kernel, bias, [1, 1], [size / 2, size / 2], groups: groups).MoveToOuterDisposeScope();
    }

    // value = byte * scale + minimum, in float64 until all is folded.
    private static Tensor Read(WeightScope scope, string name, params ReadOnlySpan<long> shape)
    {
        double[] range = scope.TensorOf(ScalarType.Float64, $"{name}_range", TensorRole.Scale, 2).ToArray<double>();
        using Tensor values = scope.TensorOf(ScalarType.Byte, name, TensorRole.Weight, shape).to(ScalarType.Float64);
        return values * range[0] + range[1];
    }
}
