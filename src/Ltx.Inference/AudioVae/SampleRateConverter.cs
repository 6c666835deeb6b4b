using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// Changes the sampling rate by a Hann-windowed sinc filter, as torchaudio.functional.resample does with its defaults
/// (which the reference calls for a sound of another rate than the VAE's: ops.py, AudioProcessor.resample_audio at 400fd31).
/// </summary>
internal static class SampleRateConverter
{
    // torchaudio's defaults: zero crossings on either side, and the fraction of the Nyquist frequency that passes.
    private const int ZeroCrossings = 6;
    private const double RollOff = 0.99;

    /// <param name="waveform">[B, channels, S]</param>
    /// <param name="from">its samples per second</param>
    /// <param name="to">samples per second wanted</param>
    /// <returns>[B, channels, ceil(S * to / from)]; the same samples when the rates are equal</returns>
    internal static Tensor Convert(Tensor waveform, int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(to);
        if (from == to) return waveform.alias();
        using var scope = NewDisposeScope();
        int divisor = (int)System.Numerics.BigInteger.GreatestCommonDivisor(from, to);
        // Per period of the two rates: `step` samples come in, and one output channel of the convolution for each sample that goes out.
        int step = from / divisor, phases = to / divisor;
        double cutoff = Math.Min(step, phases) * RollOff;
        int reach = (int)Math.Ceiling(ZeroCrossings * step / cutoff);
        Tensor kernels = Kernels(step, phases, cutoff, reach).to(waveform.dtype, waveform.device);
        long batch = waveform.shape[0], channels = waveform.shape[1], samples = waveform.shape[2];
        // [B, C, S] -> [B*C, 1, S], and silence around it
        Tensor flat = nn.functional.pad(waveform.reshape(batch * channels, 1, samples), [reach, reach + step]);
        // [B*C, phases, periods] -> [B*C, periods, phases] -> [B, C, periods*phases]
        Tensor converted = nn.functional.conv1d(flat, kernels, stride: step).transpose(1, 2).reshape(batch, channels, -1);
        long length = (samples * phases + step - 1) / step;
        return converted.narrow(2, 0, length).contiguous().MoveToOuterDisposeScope();
    }

    // [phases, 1, 2*reach + step], float64
    private static Tensor Kernels(int step, int phases, double cutoff, int reach)
    {
        Tensor taps = arange(-reach, reach + step, ScalarType.Float64) / step;
        Tensor offsets = arange(0, -phases, -1, ScalarType.Float64).reshape(phases, 1, 1) / phases;
        Tensor time = ((offsets + taps) * cutoff).clamp(-ZeroCrossings, ZeroCrossings);
        Tensor window = (time * (Math.PI / ZeroCrossings / 2)).cos().square();
        return time.sinc() * window * (cutoff / step);
    }
}
