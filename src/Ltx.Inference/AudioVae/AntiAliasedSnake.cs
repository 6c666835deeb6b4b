using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// A periodic activation between a doubling and a halving of the sampling rate, which keep its overtones from folding back:
/// x + sin(e^alpha x)^2 / e^beta. The low-pass filters come from the file.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/vocoder.py (Activation1d, SnakeBeta) at 400fd31.
/// </summary>
internal sealed class AntiAliasedSnake(WeightScope scope, int channels)
{
    // Rate and taps of Activation1d; no config key changes them.
    private const int Ratio = 2, Taps = 12;

    // UpSample1d: edge samples repeated on either side, and what the transposed convolution makes too much at each end.
    private const int UpPad = Taps / Ratio - 1, UpCut = UpPad * Ratio + (Taps - Ratio) / 2;

    // SnakeBeta's guard against a division by zero.
    private const double Epsilon = 1e-9;

    private readonly Tensor alpha = scope["act"].Tensor("alpha", TensorRole.Offset, channels), beta = scope["act"].Tensor("beta", TensorRole.Offset, channels);
    private readonly Tensor upFilter = scope["upsample"].Tensor("filter", TensorRole.Filter, 1, 1, Taps), downFilter = scope["downsample.lowpass"].Tensor("filter", TensorRole.Filter, 1, 1, Taps);

    /// <param name="x">[B, channels, T], float32</param>
    /// <returns>the same size</returns>
    internal Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        // [B, C, T] -> [B, C, 2T]; one filter for all channels, the expansion copies nothing
        Tensor edged = nn.functional.pad(x, [UpPad, UpPad], PaddingModes.Replicate);
        Tensor doubled = nn.functional.conv_transpose1d(edged, upFilter.expand(channels, 1, Taps), stride: Ratio, groups: channels);
        doubled = Snake(doubled.narrow(2, UpCut, Ratio * x.shape[2]).mul_(Ratio));
        // [B, C, 2T] -> [B, C, T]
        edged = nn.functional.pad(doubled, [Taps / 2 - 1, Taps / 2], PaddingModes.Replicate);
        return nn.functional.conv1d(edged, downFilter.expand(channels, 1, Taps), stride: Ratio, groups: channels).MoveToOuterDisposeScope();
    }

    private Tensor Snake(Tensor x)
    {
        // alpha and beta are logarithms; [C] -> [C, 1]
        Tensor frequency = alpha.exp().unsqueeze(1), size = beta.exp().add_(Epsilon).reciprocal_().unsqueeze(1);
        return (x * frequency).sin_().pow_(2).mul_(size).add_(x);
    }
}
