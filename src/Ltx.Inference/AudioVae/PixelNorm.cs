using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// SiLU of the root-mean-square normalisation over the channels of every point; no weight.
/// Source: packages/ltx-core/src/ltx_core/model/common/normalization.py at 400fd31.
/// </summary>
internal static class PixelNorm
{
    // build_normalization_layer gives it for audio; the video VAE's is 1e-8.
    private const double Epsilon = 1e-6;

    /// <param name="x">[B, C, T, F]</param>
    internal static Tensor ThenSilu(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor size = x.square().mean([1], keepdim: true).add_(Epsilon).sqrt_();
        return nn.functional.silu(x / size, inplace: true).MoveToOuterDisposeScope();
    }
}
