using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Safety;

/// <summary>MobileNet v2's block: widen by single pixels, convolve every channel by itself, narrow by single pixels; added to its input where the sizes allow.</summary>
internal sealed class InvertedResidual
{
    private readonly QuantizedConvolution? expand;
    private readonly QuantizedConvolution depthwise, project;
    private readonly bool adds;

    /// <param name="name">what its layers' names begin with, for instance <c>block_3</c></param>
    /// <param name="expansion">how many times wider it is inside; 1 for not at all</param>
    public InvertedResidual(WeightScope root, Device device, string name, int inChannels, int outChannels, int expansion, int stride)
    {
        int inner = inChannels * expansion;
        if (expansion > 1) expand = QuantizedConvolution.Normalised(root, device, $"{name}_expand", $"{name}_expand_BN", inChannels, inner, size: 1);
        depthwise = QuantizedConvolution.Normalised(root, device, $"{name}_depthwise", $"{name}_depthwise_BN", inner, inner, size: 3, stride, groups: inner);
        project = QuantizedConvolution.Normalised(root, device, $"{name}_project", $"{name}_project_BN", inner, outChannels, size: 1);
        adds = stride == 1 && inChannels == outChannels;
    }

    /// <param name="x">[N, in, H, W]</param>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor inner = expand is null ? x : nn.functional.relu6(expand.Forward(x));
        Tensor narrowed = project.Forward(nn.functional.relu6(depthwise.Forward(inner)));
        return (adds ? x + narrowed : narrowed.alias()).MoveToOuterDisposeScope();
    }
}
