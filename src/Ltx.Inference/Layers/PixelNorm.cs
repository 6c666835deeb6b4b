using Ltx.Inference.Kernels;
using Ltx.Inference.Native;
using static TorchSharp.torch;

namespace Ltx.Inference.Layers;

/// <summary>
/// Root-mean-square normalisation of every position over its channels, without weights
/// (ltx_core/model/common/normalization.py, 400fd31).
/// </summary>
internal static class PixelNorm
{
    /// <summary>The video VAE's epsilon; the audio VAE's is 1e-6.</summary>
    public const double VideoEpsilon = 1e-8;

    /// <summary>x / sqrt(mean over channels of x^2 + epsilon)</summary>
    /// <param name="x">[B, C, ...]</param>
    /// <param name="epsilon">added to the mean square</param>
    public static Tensor Forward(Tensor x, double epsilon)
    {
        using var scope = NewDisposeScope();
        return x.div(RootMeanSquare(x, epsilon)).to(x.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>SiLU of the normalised values with the video VAE's epsilon: what stands before nearly every convolution of it.</summary>
    /// <param name="x">[B, C, ...]</param>
    /// <param name="into">the same shape, overwritten</param>
    public static void VideoSilu(Tensor x, Tensor into)
    {
        using var scope = NewDisposeScope();
        if (ChannelsLast.Is(x) && FusedKernels.For(x) is { } fused)
        {
            fused.NormSilu(x, into, VideoEpsilon);
            return;
        }
        Operators.Divide(x, RootMeanSquare(x, VideoEpsilon), into);
        into.silu_();
    }

    // [B, C, ...] -> [B, 1, ...] in float32 or wider; leaves temporaries to the caller's scope. With channels side by side the Euclidean norm
    // needs no second tensor as large as x and is three times faster than the mean of squares; with planes it is seven times slower
    // (32 channels, 25 x 64 x 96, float32, one core).
    private static Tensor RootMeanSquare(Tensor x, double epsilon)
    {
        Tensor meanSquare = ChannelsLast.Is(x)
            ? x.norm(1, keepdim: true).AtLeastFloat32().square().div_(x.shape[1])
            : x.square().mean([1], keepdim: true).AtLeastFloat32();
        return meanSquare.add_(epsilon).sqrt_();
    }
}
