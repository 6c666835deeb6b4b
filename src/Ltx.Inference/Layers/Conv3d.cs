using Ltx.Inference.Weights;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>A convolution over [B, C, F, H, W] with a kernel of three, padded with zeros, rows and columns always by one.</summary>
internal sealed class Conv3d
{
    private readonly Tensor weight;
    private readonly Tensor bias;
    private readonly long[] stride;
    private readonly long[] padding;
    private readonly bool channelsLast;

    /// <param name="scope">where <c>weight</c> and <c>bias</c> are</param>
    /// <param name="kind">what the kernel spans, and whether zeros are added in time</param>
    /// <param name="stride">steps of the output's positions</param>
    /// <param name="channelsLast">keep the weight in the layout of <see cref="ChannelsLast"/>, for inputs of the same layout</param>
    public Conv3d(WeightScope scope, long inChannels, long outChannels, Conv3dKind kind, Stride3d? stride = null, bool channelsLast = false)
    {
        Stride3d step = stride ?? Stride3d.One;
        this.channelsLast = channelsLast;
        this.stride = [step.Time, step.Height, step.Width];
        padding = [kind == Conv3dKind.ZeroPaddedTime ? 1 : 0, 1, 1];
        InChannels = inChannels;
        OutChannels = outChannels;
        // A kernel of one frame has no dimension for time in the file.
        bool perFrame = kind == Conv3dKind.PerFrame;
        weight = perFrame ? scope.Tensor("weight", TensorRole.Weight, outChannels, inChannels, 3, 3) : scope.Tensor("weight", TensorRole.Weight, outChannels, inChannels, 3, 3, 3);
        bias = scope.Tensor("bias", TensorRole.Bias, outChannels);
        scope.Component.WhenRead(() =>
        {
            using var temporaries = NewDisposeScope();
            // [O, I, 3, 3] -> [O, I, 1, 3, 3]; in place, for the component owns the tensor.
            if (perFrame) weight.unsqueeze_(2);
            // The owned tensor gets the other layout as its storage, and the first storage is freed.
            if (channelsLast) weight.set_(ChannelsLast.Of(weight));
        });
    }

    public long InChannels { get; }

    public long OutChannels { get; }

    /// <param name="x">[B, in, F, H, W]</param>
    /// <returns>[B, out, F', H', W']; F' is two frames fewer, before the stride, where time is not padded</returns>
    public Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor result = Convolution.Of(x, weight, bias, stride, padding);
        // A CPU that unfolds small inputs leaves planes.
        return (channelsLast ? ChannelsLast.Of(result) : result).MoveToOuterDisposeScope();
    }
}
