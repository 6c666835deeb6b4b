using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// Multiplies the sampling rate by a whole number with a Hann-windowed sinc filter. Its edges are repeated, not silent as in
/// <see cref="SampleRateConverter"/>. The filter is in no checkpoint.
/// Source: packages/ltx-core/src/ltx_core/model/audio_vae/vocoder.py (UpSample1d, window "hann") at 400fd31.
/// </summary>
internal sealed class HannUpsampler : IDisposable
{
    // UpSample1d's own: zero crossings on either side, and the fraction of the Nyquist frequency that passes.
    private const int ZeroCrossings = 6;
    private const double RollOff = 0.99;
    private static readonly int Reach = (int)Math.Ceiling(ZeroCrossings / RollOff);

    private readonly int ratio;
    private readonly Tensor filter;

    internal HannUpsampler(int ratio, Device device, ScalarType type = ScalarType.Float32)
    {
        this.ratio = ratio;
        using var scope = NewDisposeScope();
        Tensor time = (arange(2 * Reach * ratio + 1, ScalarType.Float32) / ratio - Reach) * RollOff;
        Tensor window = (time.clamp(-ZeroCrossings, ZeroCrossings) * (Math.PI / ZeroCrossings / 2)).cos().square();
        filter = (time.sinc() * window * (RollOff / ratio)).reshape(1, 1, -1).to(type, device).DetachFromDisposeScope();
    }

    /// <param name="x">[B, C, T], float32</param>
    /// <returns>[B, C, T * ratio]</returns>
    internal Tensor Forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        long channels = x.shape[1];
        Tensor edged = nn.functional.pad(x, [Reach, Reach], PaddingModes.Replicate);
        Tensor longer = nn.functional.conv_transpose1d(edged, filter.expand(channels, 1, -1), stride: ratio, groups: channels);
        // Reach repeated samples and half a filter go at the front.
        return longer.narrow(2, 2 * Reach * ratio, ratio * x.shape[2]).mul_(ratio).MoveToOuterDisposeScope();
    }

    public void Dispose() => filter.Dispose();
}
