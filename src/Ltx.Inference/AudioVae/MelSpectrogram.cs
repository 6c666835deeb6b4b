using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// The VAE's front end: magnitudes of a Hann-windowed Fourier transform, mel filters, logarithm. Centred, the ends reflected,
/// whatever the config's <c>stft.causal</c> says.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/ops.py (AudioProcessor) at 400fd31.
/// </summary>
internal sealed class MelSpectrogram : IDisposable
{
    /// <summary>The reference's clamp in front of the logarithm.</summary>
    internal const double Floor = 1e-5;

    private readonly int filterLength, hopLength;
    private readonly Tensor window, filters;

    internal MelSpectrogram(AudioVaeConfig config, Device device, ScalarType type = ScalarType.Float32)
    {
        filterLength = config.FilterLength;
        hopLength = config.HopLength;
        window = hann_window(filterLength, dtype: type, device: device).DetachFromDisposeScope();
        using Tensor bank = MelFilterBank.Create(config.SampleRate, filterLength, config.MelBins);
        filters = bank.to(type, device, copy: true).DetachFromDisposeScope();
    }

    /// <param name="waveform">[B, 2, S]; S must be more than half a transform, for the reflection</param>
    /// <returns>[B, 2, S/hop + 1, mel bins], natural logarithms</returns>
    internal Tensor Forward(Tensor waveform)
    {
        using var scope = NewDisposeScope();
        long batch = waveform.shape[0], samples = waveform.shape[2];
        // [B, 2, S] -> [B*2, S]
        Tensor flat = waveform.to(window.dtype).reshape(batch * AudioVaeConfig.Stereo, samples);
        // [B*2, bins, T] -> [B*2, T, bins]
        Tensor spectrum = stft(flat, filterLength, hopLength, filterLength, window, center: true, pad_mode: PaddingModes.Reflect, return_complex: true);
        // Not abs() of complex numbers: libtorch compiles that kernel on the machine it runs on, and may not find its compiler there.
        Tensor magnitude = view_as_real(spectrum).square().sum(-1).sqrt().transpose(1, 2);
        Tensor mel = nn.functional.linear(magnitude, filters).clamp_min_(Floor).log_();
        // [B*2, T, M] -> [B, 2, T, M]
        return mel.reshape(batch, AudioVaeConfig.Stereo, mel.shape[1], mel.shape[2]).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        window.Dispose();
        filters.Dispose();
    }
}
