using Ltx.Inference.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// The bandwidth extension's own mel spectrogram. Fourier basis (window included) and filters come from the file, rounded as in training;
/// it looks at past samples only, unlike <see cref="MelSpectrogram"/>.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/vocoder.py (MelSTFT) at 400fd31.
/// </summary>
internal sealed class CausalMelSpectrogram
{
    private readonly VocoderConfig config;
    private readonly int bins;
    private readonly Tensor filters, basis;

    /// <param name="scope">where <c>mel_basis</c> and <c>stft_fn</c> are</param>
    internal CausalMelSpectrogram(WeightScope scope, VocoderConfig config)
    {
        this.config = config;
        bins = (config.FilterLength / 2) + 1;
        filters = scope.Tensor("mel_basis", TensorRole.Filter, config.MelBins, bins);
        basis = scope["stft_fn"].Tensor("forward_basis", TensorRole.Weight, 2 * bins, 1, config.FilterLength);
        // The way back from a spectrum, which nothing takes.
        scope["stft_fn"].Ignore("inverse_basis", TensorRole.Weight, 2 * bins, 1, config.FilterLength);
    }

    /// <param name="waveform">[B, 2, S], S a multiple of the hop</param>
    /// <returns>[B, 2, M, S/hop], natural logarithms</returns>
    internal Tensor Forward(Tensor waveform)
    {
        using var scope = NewDisposeScope();
        long batch = waveform.shape[0], samples = waveform.shape[2];
        // [B, 2, S] -> [B*2, 1, S], and silence in front
        Tensor flat = nn.functional.pad(waveform.reshape(batch * AudioVaeConfig.Stereo, 1, samples), [config.FilterLength - config.HopLength, 0]);
        // [B*2, 2*bins, T]: all real parts, then all imaginary ones
        Tensor spectrum = nn.functional.conv1d(flat, basis, stride: config.HopLength);
        Tensor magnitude = spectrum.narrow(1, 0, bins).square().add_(spectrum.narrow(1, bins, bins).square()).sqrt_();
        Tensor mel = filters.expand(magnitude.shape[0], -1, -1).bmm(magnitude).clamp_min_(MelSpectrogram.Floor).log_();
        // [B*2, M, T] -> [B, 2, M, T]
        return mel.reshape(batch, AudioVaeConfig.Stereo, config.MelBins, mel.shape[2]).MoveToOuterDisposeScope();
    }
}
