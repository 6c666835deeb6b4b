using Ltx.Inference.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Ltx.Inference.AudioVae;

/// <summary>
/// Triangular filters on Slaney's mel scale (linear below 1 kHz, logarithmic above), each of unit area: what torchaudio calls
/// mel_scale "slaney" and norm "slaney". Computed in float32 as there, because neighbouring edges differ by little.
/// Scale: M. Slaney, Auditory Toolbox, 1998.
/// </summary>
internal static class MelFilterBank
{
    // Slaney's constants: 200/3 Hz a mel up to 1000 Hz, then 27 mels for every factor of 6.4.
    private const double HertzPerMel = 200.0 / 3, LogarithmicFrom = 1000, MelsBelow = LogarithmicFrom / HertzPerMel;
    private static readonly double LogStep = Math.Log(6.4) / 27;

    /// <param name="sampleRate">samples per second; the filters span from 0 to half of it</param>
    /// <param name="filterLength">samples of the Fourier transform</param>
    /// <param name="bands">number of filters</param>
    /// <returns>[bands, filterLength/2 + 1], float32 on the CPU</returns>
    internal static Tensor Create(int sampleRate, int filterLength, int bands)
    {
        float[] bins = Points(0, sampleRate / 2, filterLength / 2 + 1);
        float[] edges = [.. Points(0, ToMel(sampleRate / 2.0), bands + 2).Select(ToHertz)];
        float[] weights = new float[bands * bins.Length];
        for (int band = 0; band < bands; band++)
        {
            float low = edges[band], centre = edges[band + 1], high = edges[band + 2];
            float unitArea = 2 / (high - low);
            for (int bin = 0; bin < bins.Length; bin++)
            {
                float rising = (bins[bin] - low) / (centre - low), falling = (high - bins[bin]) / (high - centre);
                weights[band * bins.Length + bin] = Math.Max(0, Math.Min(rising, falling)) * unitArea;
            }
        }
        return tensor(weights, [bands, bins.Length]);
    }

    private static float[] Points(double from, double to, int count)
    {
        using Tensor points = linspace(from, to, count, ScalarType.Float32);
        return points.ToArray<float>();
    }

    private static double ToMel(double hertz) => hertz < LogarithmicFrom ? hertz / HertzPerMel : MelsBelow + Math.Log(hertz / LogarithmicFrom) / LogStep;

    private static float ToHertz(float mel) => mel < (float)MelsBelow ? (float)HertzPerMel * mel : (float)LogarithmicFrom * MathF.Exp((float)LogStep * (mel - (float)MelsBelow));
}
